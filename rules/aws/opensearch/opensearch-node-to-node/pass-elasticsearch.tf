resource "aws_elasticsearch_domain" "archive" {
  domain_name           = "archive"
  elasticsearch_version = "7.10"

  node_to_node_encryption {
    enabled = true
  }
}
