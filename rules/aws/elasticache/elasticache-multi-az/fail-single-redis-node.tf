resource "aws_elasticache_cluster" "pages" {
  cluster_id      = "pages"
  engine          = "redis"
  node_type       = "cache.m7g.large"
  num_cache_nodes = 1
}
