# Sources and results of trainings that people made.

module "bucket_academy_trainings" {
  source               = "../modules/bucket"
  name                 = local.name.academy_training
  versioning           = true
  noncurrent_days      = 30
  abort_multipart_days = 7
  cors                 = { origins = local.academy_cors_origins, upload = true }
  tags                 = local.tags.trainings

  rules = {
    temp = { prefix = "temp/", expire_days = 1 }
  }
}
