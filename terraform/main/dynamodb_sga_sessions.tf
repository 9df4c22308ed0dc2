# Sessions of agents and people, with their memory.

module "table_sessions" {
  source              = "../modules/table"
  name                = local.name.sessions
  partition_key       = "session_id"
  ttl_attribute       = "expiresAt"
  deletion_protection = local.production
  kms_key_arn         = aws_kms_key.platform.arn
  tags                = local.tags.sessions

  indexes = [
    { name = "GSI1-AgentTypeQuery", partition_key = "GSI1PK", sort_key = "GSI1SK" },
    { name = "GSI2-StatusQuery", partition_key = "GSI2PK", sort_key = "GSI2SK" },
    { name = "GSI3-UserQuery", partition_key = "GSI3PK", sort_key = "GSI3SK" },
  ]
}
