# The group is written in another root; its name is enough to know that this is a member.
resource "aws_elasticache_cluster" "reader" {
  cluster_id           = "sessions-reader"
  replication_group_id = "sessions"
}
