resource "aws_kms_key" "legacy" {
  description = "Archive of 2019"
  is_enabled  = false
}
