# The distribution of the web app. Paths of the app are no files, so 403 and 404 of the bucket answer with
# index.html (document §5); addresses of the API never pass here, and files that look like files stay 404.

resource "aws_cloudfront_origin_access_control" "frontend" {
  name                              = local.name.frontend
  description                       = "The web app's bucket"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# A path whose last part has an extension is a file; any other is a page of the app.
resource "aws_cloudfront_function" "rewriter" {
  name    = "${var.project_name}-portal-url-rewriter-${var.environment}"
  runtime = "cloudfront-js-2.0"
  comment = "Pages of the app to index.html"
  publish = true
  code    = file("${path.module}/functions/url-rewriter.js")
}

resource "aws_cloudfront_response_headers_policy" "frontend" {
  name    = "${var.project_name}-portal-headers-${var.environment}"
  comment = "Security headers of the web app"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      override                   = true
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = "DENY"
      override     = true
    }
    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }
    content_security_policy {
      override = true
      content_security_policy = join("; ", [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob: https://*.s3.${var.aws_region}.amazonaws.com",
        "media-src 'self' blob: https://*.s3.${var.aws_region}.amazonaws.com",
        "connect-src 'self' https://bedrock-agentcore.${var.aws_region}.amazonaws.com https://cognito-idp.${var.aws_region}.amazonaws.com https://*.s3.${var.aws_region}.amazonaws.com",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "object-src 'none'",
      ])
    }
  }
}

data "aws_cloudfront_cache_policy" "optimized" {
  name = "Managed-CachingOptimized"
}

resource "aws_cloudfront_distribution" "frontend" {
  enabled             = true
  is_ipv6_enabled     = true
  comment             = local.name.frontend
  default_root_object = "index.html"
  price_class         = "PriceClass_100"
  http_version        = "http2and3"
  wait_for_deployment = false

  origin {
    domain_name              = "${local.name.frontend}.s3.${var.aws_region}.amazonaws.com"
    origin_id                = "frontend"
    origin_access_control_id = aws_cloudfront_origin_access_control.frontend.id
  }

  default_cache_behavior {
    target_origin_id           = "frontend"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.frontend.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.rewriter.arn
    }
  }

  dynamic "custom_error_response" {
    for_each = local.spa_error_responses
    content {
      error_code            = custom_error_response.value
      response_code         = 200
      response_page_path    = "/index.html"
      error_caching_min_ttl = 10
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true # document §5; it cannot ask for TLS 1.2 (ADR: exceptions)
  }

  tags = local.tags.frontend
}
