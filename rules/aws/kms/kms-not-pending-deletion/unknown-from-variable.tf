variable "enabled" {
  type = bool
}

resource "aws_kms_key" "data" {
  description = "Data at rest"
  is_enabled  = var.enabled
}
