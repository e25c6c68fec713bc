resource "aws_db_instance" "orders" {
  identifier        = "orders"
  engine            = "postgres"
  instance_class    = "db.t4g.small"
  allocated_storage = 50
  storage_encrypted = true
}

resource "aws_db_snapshot" "orders" {
  db_instance_identifier = aws_db_instance.orders.identifier
  db_snapshot_identifier = "orders-before-migration"
  shared_accounts        = ["210987654321"]
}

resource "aws_kms_key" "backups" {
  description = "Backups"
}

resource "aws_db_snapshot_copy" "legacy" {
  source_db_snapshot_identifier = "legacy-2019"
  target_db_snapshot_identifier = "legacy-2019-encrypted"
  kms_key_id                    = aws_kms_key.backups.arn
}
