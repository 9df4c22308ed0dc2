# Lessons as slides; whatever is here can be made again. Private: browsers read it by signed URLs.

module "bucket_academy_slides" {
  source     = "../modules/bucket"
  name       = local.name.academy_slides
  versioning = false
  cors       = { origins = local.academy_cors_origins }
  tags       = local.tags.lessons

  rules = {
    slides = { prefix = "slides/", expire_days = 30 }
  }
}
