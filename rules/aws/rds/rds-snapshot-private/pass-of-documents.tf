resource "aws_docdb_cluster" "catalogue" {
  cluster_identifier = "catalogue"
  storage_encrypted  = true
}

resource "aws_docdb_cluster_snapshot" "before_upgrade" {
  db_cluster_identifier          = aws_docdb_cluster.catalogue.id
  db_cluster_snapshot_identifier = "catalogue-before-upgrade"
}
