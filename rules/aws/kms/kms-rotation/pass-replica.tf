# A replica rotates with the key it is a replica of.
resource "aws_kms_key" "orders" {
  description         = "orders"
  multi_region        = true
  enable_key_rotation = true
}

resource "aws_kms_replica_key" "orders" {
  provider        = aws.ireland
  description     = "orders, in Ireland"
  primary_key_arn = aws_kms_key.orders.arn
}
