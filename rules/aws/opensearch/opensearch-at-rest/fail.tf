resource "aws_opensearch_domain" "products" {
  domain_name    = "products"
  engine_version = "OpenSearch_2.11"

  encrypt_at_rest {
    enabled = false
  }
}
