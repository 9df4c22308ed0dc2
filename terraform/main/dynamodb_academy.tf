# Trainings; their sources and assets are child items that carry parent.

module "table_academy_training" {
  source              = "../modules/table"
  name                = local.name.academy_training
  partition_key       = "training_id"
  deletion_protection = local.production
  kms_key_arn         = aws_kms_key.platform.arn
  tags                = local.tags.trainings

  indexes = [
    { name = "GSI1", partition_key = "GSI1PK", sort_key = "GSI1SK" },
    { name = "GSI2", partition_key = "GSI2PK", sort_key = "GSI2SK" },
    { name = "GSI3-ParentQuery", partition_key = "GSI3PK", sort_key = "GSI3SK" },
  ]
}
