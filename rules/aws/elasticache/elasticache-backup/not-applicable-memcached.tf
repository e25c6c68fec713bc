# Memcached nodes have no backups to switch on.
resource "aws_elasticache_cluster" "pages" {
  cluster_id      = "pages"
  engine          = "memcached"
  node_type       = "cache.m7g.large"
  num_cache_nodes = 2
}
