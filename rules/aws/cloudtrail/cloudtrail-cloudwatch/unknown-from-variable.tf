variable "log_group_arn" {
  type = string
}

resource "aws_cloudtrail" "main" {
  name                  = "all-regions"
  s3_bucket_name        = "acme-trail"
  is_multi_region_trail = true

  cloud_watch_logs_group_arn = var.log_group_arn
}
