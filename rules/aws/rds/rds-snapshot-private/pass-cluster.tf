resource "aws_rds_cluster" "ledger" {
  cluster_identifier = "ledger"
  engine             = "aurora-postgresql"
  storage_encrypted  = true
}

resource "aws_db_cluster_snapshot" "ledger" {
  db_cluster_identifier          = aws_rds_cluster.ledger.id
  db_cluster_snapshot_identifier = "ledger-before-migration"
}

# A copy is encrypted as what it is a copy of.
resource "aws_rds_cluster_snapshot_copy" "ledger" {
  source_db_cluster_snapshot_identifier = aws_db_cluster_snapshot.ledger.id
  target_db_cluster_snapshot_identifier = "ledger-for-audit"
}
