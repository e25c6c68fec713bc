resource "aws_elasticache_cluster" "sessions" {
  cluster_id               = "sessions"
  engine                   = "redis"
  node_type                = "cache.m7g.large"
  num_cache_nodes          = 1
  snapshot_retention_limit = 1
}
