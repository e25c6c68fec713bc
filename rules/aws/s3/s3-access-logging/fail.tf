resource "aws_s3_bucket" "payroll" {
  bucket = "acme-payroll"
}
