resource "aws_secretsmanager_secret" "orders" {
  name = "orders/database"
}

resource "aws_secretsmanager_secret_rotation" "orders" {
  secret_id           = aws_secretsmanager_secret.orders.id
  rotation_lambda_arn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate-database"

  rotation_rules {
    automatically_after_days = 30
  }
}
