# The web app: a static export behind CloudFront, which alone may read it.

data "aws_iam_policy_document" "frontend" {
  statement {
    sid       = "CloudFront"
    actions   = ["s3:GetObject"]
    resources = ["arn:${local.partition}:s3:::${local.name.frontend}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.frontend.arn]
    }
  }

  # With it a missing file is a 404, and not a 403 that hides it.
  statement {
    sid       = "CloudFrontList"
    actions   = ["s3:ListBucket"]
    resources = ["arn:${local.partition}:s3:::${local.name.frontend}"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.frontend.arn]
    }
  }
}

module "bucket_frontend" {
  source           = "../modules/bucket"
  name             = local.name.frontend
  versioning       = true
  noncurrent_days  = 30
  policy_documents = [data.aws_iam_policy_document.frontend.json]
  tags             = local.tags.frontend
}
