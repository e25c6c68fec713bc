resource "aws_cloudtrail" "main" {
  name                  = "all-regions"
  s3_bucket_name        = "acme-trail"
  is_multi_region_trail = true
}
