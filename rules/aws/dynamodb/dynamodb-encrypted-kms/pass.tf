resource "aws_kms_key" "data" {
  description = "Data at rest"
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order"

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.data.arn
  }

  attribute {
    name = "order"
    type = "S"
  }
}
