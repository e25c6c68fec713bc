variable "bucket" {
  type        = string
  description = "Which of our buckets to close"
}

resource "aws_s3_bucket" "reports" {
  bucket = "acme-reports"
}

# It may be the bucket above that this closes, or another one: neither can be said.
resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = var.bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
