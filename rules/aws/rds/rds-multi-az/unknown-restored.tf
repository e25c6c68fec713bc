# Made from a snapshot, the standby is as it was there unless the code says.

resource "aws_db_instance" "orders" {
  identifier                  = "orders"
  engine                      = "postgres"
  instance_class              = "db.t4g.small"
  allocated_storage           = 50
  username                    = "orders"
  manage_master_user_password = true
  snapshot_identifier         = "orders-before-migration"
}
