resource "aws_kms_key" "secrets" {
  description         = "Secrets"
  enable_key_rotation = true
}

resource "aws_secretsmanager_secret" "orders" {
  name       = "orders/database"
  kms_key_id = aws_kms_key.secrets.arn

  replica {
    region     = "eu-central-1"
    kms_key_id = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  replica {
    region = "eu-north-1"
  }
}
