# It is disabled until somebody imports the key material.
resource "aws_kms_external_key" "escrow" {
  description = "Held in escrow"
}
