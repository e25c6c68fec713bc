resource "aws_rds_cluster" "ledger" {
  cluster_identifier = "ledger"
  engine             = "aurora-postgresql"
}

resource "aws_db_cluster_snapshot" "ledger" {
  db_cluster_identifier          = aws_rds_cluster.ledger.id
  db_cluster_snapshot_identifier = "ledger-before-migration"
}
