# Human-in-the-loop tasks as runtimes and the app read them; what decides is in PostgreSQL.

module "table_hil_tasks" {
  source              = "../modules/table"
  name                = local.name.hil_tasks
  partition_key       = "task_id"
  ttl_attribute       = "ttl"
  deletion_protection = local.production
  kms_key_arn         = aws_kms_key.platform.arn
  tags                = local.tags.tasks

  indexes = [
    { name = "GSI1-AssigneeQuery", partition_key = "GSI1PK", sort_key = "GSI1SK" },
    { name = "GSI2-StatusQuery", partition_key = "GSI2PK", sort_key = "GSI2SK" },
    { name = "GSI3-TypeQuery", partition_key = "GSI3PK", sort_key = "GSI3SK" },
    { name = "GSI4-ReferenceQuery", partition_key = "GSI4PK", sort_key = "GSI4SK" },
    { name = "GSI5-ParentQuery", partition_key = "GSI5PK", sort_key = "GSI5SK" },
  ]
}
