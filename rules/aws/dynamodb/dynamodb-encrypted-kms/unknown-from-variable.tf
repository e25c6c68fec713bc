variable "key" {
  type = string
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order"

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.key
  }

  attribute {
    name = "order"
    type = "S"
  }
}
