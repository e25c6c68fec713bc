resource "aws_cloudwatch_log_group" "trail" {
  name              = "trail"
  retention_in_days = 400
}

resource "aws_cloudtrail" "main" {
  name                  = "all-regions"
  s3_bucket_name        = "acme-trail"
  is_multi_region_trail = true

  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn  = "arn:aws:iam::123456789012:role/trail-to-logs"
}
