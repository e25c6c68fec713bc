# Without a key, `enabled` asks for the one that AWS manages, `aws/dynamodb`.
resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order"

  server_side_encryption {
    enabled = true
  }

  attribute {
    name = "order"
    type = "S"
  }
}
