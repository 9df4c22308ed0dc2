# The audit trail, delivered by the relay. It has no TTL: retention is a person's act (runbook: audit).

module "table_audit_log" {
  source              = "../modules/table"
  name                = local.name.audit_log
  partition_key       = "PK"
  sort_key            = "SK"
  stream              = "NEW_IMAGE"
  deletion_protection = local.production
  kms_key_arn         = aws_kms_key.platform.arn
  tags                = local.tags.audit

  indexes = [
    { name = "GSI1-ActorQuery", partition_key = "GSI1PK", sort_key = "GSI1SK" },
    { name = "GSI2-EntityQuery", partition_key = "GSI2PK", sort_key = "GSI2SK" },
    { name = "GSI3-TypeQuery", partition_key = "GSI3PK", sort_key = "GSI3SK" },
    { name = "GSI4-SessionQuery", partition_key = "GSI4PK", sort_key = "GSI4SK" },
  ]
}
