# The databases of DocumentDB and Neptune have snapshots of their own spelling.
resource "aws_neptune_cluster" "social" {
  cluster_identifier  = "social"
  skip_final_snapshot = false
}

resource "aws_neptune_cluster_snapshot" "before_upgrade" {
  db_cluster_identifier          = aws_neptune_cluster.social.id
  db_cluster_snapshot_identifier = "social-before-upgrade"
}
