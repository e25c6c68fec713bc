# A window for deletion is no deletion.
resource "aws_kms_key" "data" {
  description             = "Data at rest"
  deletion_window_in_days = 7
  enable_key_rotation     = true
}
