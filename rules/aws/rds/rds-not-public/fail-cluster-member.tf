resource "aws_rds_cluster" "ledger" {
  cluster_identifier          = "ledger"
  engine                      = "aurora-postgresql"
  master_username             = "ledger"
  manage_master_user_password = true
}

resource "aws_rds_cluster_instance" "ledger" {
  count               = 2
  identifier          = "ledger-${count.index}"
  cluster_identifier  = aws_rds_cluster.ledger.id
  engine              = aws_rds_cluster.ledger.engine
  instance_class      = "db.r6g.large"
  publicly_accessible = true
}
