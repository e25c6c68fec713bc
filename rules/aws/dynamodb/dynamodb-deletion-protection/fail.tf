# Terraform will not destroy it. Anybody else may.
resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order"

  lifecycle {
    prevent_destroy = true
  }

  attribute {
    name = "order"
    type = "S"
  }
}
