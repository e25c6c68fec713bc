variable "table" {
  type = string
}

resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = "arn:aws:iam::123456789012:role/orders"
  handler       = "orders.handle"
  runtime       = "python3.13"
  filename      = "orders.zip"

  environment {
    variables = {
      TABLE     = var.table
      API_TOKEN = "9f86d081884c7d659a2feaa0"
    }
  }
}
