# Two buckets, and one logging configuration: of a third.
resource "aws_s3_bucket" "payroll" {
  bucket = "acme-payroll"
}

resource "aws_s3_bucket" "payslips" {
  bucket = "acme-payslips"
}

resource "aws_s3_bucket_logging" "elsewhere" {
  bucket        = "acme-contracts"
  target_bucket = "acme-access-logs"
  target_prefix = "contracts/"
}
