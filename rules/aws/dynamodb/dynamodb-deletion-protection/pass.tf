resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order"

  deletion_protection_enabled = true

  attribute {
    name = "order"
    type = "S"
  }
}
