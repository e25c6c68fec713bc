# The primary's key does not follow to the replica.
resource "aws_kms_key" "secrets" {
  description         = "Secrets"
  enable_key_rotation = true
}

resource "aws_secretsmanager_secret" "orders" {
  name       = "orders/database"
  kms_key_id = aws_kms_key.secrets.arn

  replica {
    region = "eu-central-1"
  }
}
