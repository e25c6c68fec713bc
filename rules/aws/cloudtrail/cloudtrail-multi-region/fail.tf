resource "aws_cloudtrail" "local" {
  name           = "eu-west-1"
  s3_bucket_name = "acme-trail"
}
