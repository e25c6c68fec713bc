resource "aws_elasticache_replication_group" "sessions" {
  replication_group_id       = "sessions"
  description                = "Sign-in sessions"
  engine                     = "redis"
  node_type                  = "cache.m7g.large"
  num_cache_clusters         = 2
  snapshot_retention_limit   = 0
}
