variable "production" {
  type = bool
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order"

  deletion_protection_enabled = var.production

  attribute {
    name = "order"
    type = "S"
  }
}
