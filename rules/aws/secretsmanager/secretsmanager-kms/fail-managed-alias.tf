# Naming the key that AWS manages changes nothing.
resource "aws_secretsmanager_secret" "orders" {
  name       = "orders/database"
  kms_key_id = "alias/aws/secretsmanager"
}
