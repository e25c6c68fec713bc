# The restored cluster is encrypted if its snapshot is.
resource "aws_neptune_cluster" "restored" {
  cluster_identifier  = "fraud-restored"
  snapshot_identifier = "rds:fraud-2026-01-01-04-10"
}
