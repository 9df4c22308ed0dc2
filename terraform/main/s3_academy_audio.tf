# Lessons as audio; whatever is here can be made again. Private: browsers read it by signed URLs.

module "bucket_academy_audio" {
  source     = "../modules/bucket"
  name       = local.name.academy_audio
  versioning = false
  cors       = { origins = local.academy_cors_origins }
  tags       = local.tags.lessons

  rules = {
    audio = { prefix = "audio/", expire_days = 1 }
  }
}
