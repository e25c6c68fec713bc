# Which engine it is stands in the snapshot; that IAM authentication is off stands here, by saying nothing.
resource "aws_db_instance" "orders" {
  identifier          = "orders"
  instance_class      = "db.t4g.small"
  snapshot_identifier = "orders-before-migration"
}
