variable "multi_region" {
  type = bool
}

resource "aws_cloudtrail" "all" {
  name                  = "trail"
  s3_bucket_name        = "acme-trail"
  is_multi_region_trail = var.multi_region
}
