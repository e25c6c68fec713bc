# S3 writes access logs to a bucket only while keys of S3's own encrypt it.
resource "aws_s3_bucket" "access_logs" {
  bucket = "acme-access-logs"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "access_logs" {
  bucket = aws_s3_bucket.access_logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# The bucket that is logged stands in another root.
resource "aws_s3_bucket_logging" "payroll" {
  bucket        = "acme-payroll"
  target_bucket = aws_s3_bucket.access_logs.id
  target_prefix = "payroll/"
}
