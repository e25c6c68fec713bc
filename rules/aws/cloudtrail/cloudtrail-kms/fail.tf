# That the bucket encrypts with a key of its own does not count: CloudTrail asks for S3's on every file.
resource "aws_cloudtrail" "main" {
  name                  = "all-regions"
  s3_bucket_name        = "acme-trail"
  is_multi_region_trail = true
}
