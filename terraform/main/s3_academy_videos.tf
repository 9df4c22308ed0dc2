# Lessons as videos; whatever is here can be made again. Private: browsers read it by signed URLs.

module "bucket_academy_videos" {
  source     = "../modules/bucket"
  name       = local.name.academy_videos
  versioning = false
  cors       = { origins = local.academy_cors_origins }
  tags       = local.tags.lessons

  rules = {
    generated = { prefix = "generated/", expire_days = 30 }
    temp      = { prefix = "temp/", expire_days = 1 }
  }
}
