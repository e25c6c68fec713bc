# What the log of the payroll bucket is written to; that bucket stands in another root. A log of who wrote logs would be
# written to the bucket as well, and be logged in turn.
resource "aws_s3_bucket" "access_logs" {
  bucket = "acme-access-logs"
}

resource "aws_s3_bucket_logging" "payroll" {
  bucket        = "acme-payroll"
  target_bucket = aws_s3_bucket.access_logs.id
  target_prefix = "payroll/"
}
