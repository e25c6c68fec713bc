variable "access_logs" {
  type = bool
}

resource "aws_s3_bucket" "payroll" {
  bucket = "acme-payroll"
}

resource "aws_s3_bucket_logging" "payroll" {
  count         = var.access_logs ? 1 : 0
  bucket        = aws_s3_bucket.payroll.id
  target_bucket = "acme-access-logs"
  target_prefix = "payroll/"
}
