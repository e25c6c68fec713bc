# `skip_final_snapshot = false` keeps a last copy, and the database is gone all the same.
resource "aws_rds_cluster" "ledger" {
  cluster_identifier          = "ledger"
  engine                      = "aurora-postgresql"
  master_username             = "ledger"
  manage_master_user_password = true
  skip_final_snapshot         = false
}
