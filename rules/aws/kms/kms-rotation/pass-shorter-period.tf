resource "aws_kms_key" "ledger" {
  description             = "Ledger"
  enable_key_rotation     = true
  rotation_period_in_days = 90
}
