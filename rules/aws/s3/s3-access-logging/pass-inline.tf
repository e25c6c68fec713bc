resource "aws_s3_bucket" "payroll" {
  bucket = "acme-payroll"

  logging {
    target_bucket = "acme-access-logs"
    target_prefix = "payroll/"
  }
}
