# The event table: fed by change data capture only, never read for stock (document §4). Its stream feeds webhooks.

module "table_inventory" {
  source              = "../modules/table"
  name                = local.name.inventory
  partition_key       = "PK"
  sort_key            = "SK"
  ttl_attribute       = "ttl"
  stream              = "NEW_AND_OLD_IMAGES"
  deletion_protection = local.production
  kms_key_arn         = aws_kms_key.platform.arn
  tags                = local.tags.events

  indexes = [
    { name = "GSI1-SerialLookup", partition_key = "GSI1PK", sort_key = "GSI1SK" },
    { name = "GSI2-LocationQuery", partition_key = "GSI2PK", sort_key = "GSI2SK" },
    { name = "GSI3-ProjectQuery", partition_key = "GSI3PK", sort_key = "GSI3SK" },
    { name = "GSI4-StatusQuery", partition_key = "GSI4PK", sort_key = "GSI4SK" },
    { name = "GSI5-DateQuery", partition_key = "GSI5PK", sort_key = "GSI5SK" },
    { name = "GSI6-AssetTimeline", partition_key = "GSI6PK", sort_key = "GSI6SK" },
  ]
}
