resource "aws_db_instance" "orders" {
  identifier        = "orders"
  engine            = "postgres"
  instance_class    = "db.t4g.small"
  allocated_storage = 50
  storage_encrypted = true
}

resource "aws_db_snapshot" "orders" {
  db_instance_identifier = aws_db_instance.orders.identifier
  db_snapshot_identifier = "orders-for-the-demo"
  shared_accounts        = ["210987654321", "all"]
}
