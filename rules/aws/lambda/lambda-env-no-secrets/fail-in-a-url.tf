resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = "arn:aws:iam::123456789012:role/orders"
  handler       = "orders.handle"
  runtime       = "python3.13"
  filename      = "orders.zip"

  environment {
    variables = {
      DATABASE = "postgres://shop:correct-horse@db.example.com:5432/shop"
    }
  }
}
