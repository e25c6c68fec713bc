resource "aws_s3_bucket" "statements" {
  bucket = "acme-statements"
}
