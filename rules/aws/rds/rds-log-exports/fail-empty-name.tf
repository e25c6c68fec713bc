# What `split(",", "")` gives for a setting that is left empty.
resource "aws_db_instance" "orders" {
  identifier                  = "orders"
  engine                      = "postgres"
  instance_class              = "db.t4g.small"
  allocated_storage           = 50
  username                    = "orders"
  manage_master_user_password = true

  enabled_cloudwatch_logs_exports = split(",", "")
}

resource "aws_rds_cluster" "ledger" {
  cluster_identifier          = "ledger"
  engine                      = "aurora-postgresql"
  master_username             = "ledger"
  manage_master_user_password = true

  enabled_cloudwatch_logs_exports = split(",", "")
}
