# Where the secret is kept is no secret.
resource "aws_secretsmanager_secret" "db" {
  name = "orders/db"
}

resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = "arn:aws:iam::123456789012:role/orders"
  handler       = "orders.handle"
  runtime       = "python3.13"
  filename      = "orders.zip"

  environment {
    variables = {
      LOG_LEVEL           = "info"
      DB_SECRET_ARN       = aws_secretsmanager_secret.db.arn
      DB_PASSWORD_PATH    = "/orders/db/password"
      TOKEN_TTL           = "3600"
      SECRETS_CACHE_SIZE  = 10
    }
  }
}

resource "aws_lambda_function" "hello" {
  function_name = "hello"
  role          = "arn:aws:iam::123456789012:role/hello"
  handler       = "hello.handle"
  runtime       = "python3.13"
  filename      = "hello.zip"
}
