resource "aws_s3_bucket" "payroll" {
  bucket = "acme-payroll"
}

resource "aws_s3_bucket_logging" "payroll" {
  bucket        = aws_s3_bucket.payroll.id
  target_bucket = "acme-access-logs"
  target_prefix = "payroll/"
}
