resource "aws_db_instance" "restored" {
  identifier          = "orders-restored"
  instance_class      = "db.t4g.small"
  snapshot_identifier = "rds:orders-2026-01-01-04-10"
}
