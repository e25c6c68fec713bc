resource "aws_rds_cluster_instance" "ledger" {
  identifier         = "ledger-1"
  cluster_identifier = "ledger"
  engine             = "aurora-postgresql"
  instance_class     = "db.r6g.large"
}
