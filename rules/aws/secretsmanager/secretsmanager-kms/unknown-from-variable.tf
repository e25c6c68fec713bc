variable "key" {
  type = string
}

resource "aws_secretsmanager_secret" "orders" {
  name       = "orders/database"
  kms_key_id = var.key
}
