# Manuals, specifications and datasheets, which the knowledge of the agents is made of.

module "bucket_equipment_docs" {
  source               = "../modules/bucket"
  name                 = local.name.equipment_docs
  versioning           = true
  noncurrent_days      = 180
  abort_multipart_days = 3
  cors                 = { origins = local.app_origins, upload = true }
  tags                 = local.tags.equipment

  rules = {
    research-logs = { prefix = "research-logs/", expire_days = 90 }
    manuals       = { prefix = "manuals/", transitions = { STANDARD_IA = 180 } }
    datasheets    = { prefix = "datasheets/", transitions = { STANDARD_IA = 180 } }
  }
}
