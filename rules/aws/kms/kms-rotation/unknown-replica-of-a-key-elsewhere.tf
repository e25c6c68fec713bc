resource "aws_kms_replica_key" "orders" {
  description     = "orders, in Ireland"
  primary_key_arn = "arn:aws:kms:us-east-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"
}
