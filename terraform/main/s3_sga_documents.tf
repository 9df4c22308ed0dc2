# Documents of the inventory: invoices, evidence, counts; the seals and erasures of the audit too. The
# lifecycle is the one that the program declares (internal/document); a test compares the two.

module "bucket_documents" {
  source               = "../modules/bucket"
  name                 = local.name.documents
  versioning           = true
  noncurrent_days      = 365
  abort_multipart_days = 7
  cors                 = { origins = local.app_origins, upload = true }
  tags                 = local.tags.documents

  rules = {
    temp              = { prefix = "temp/", expire_days = 1 }
    notas-fiscais     = { prefix = "notas-fiscais/", transitions = { STANDARD_IA = 90, GLACIER = 730 } }
    evidences         = { prefix = "evidences/", transitions = { STANDARD_IA = 180, GLACIER = 730, DEEP_ARCHIVE = 1825 } }
    inventory-exports = { prefix = "inventories/", tag = "export", expire_days = 90 }
  }
}
