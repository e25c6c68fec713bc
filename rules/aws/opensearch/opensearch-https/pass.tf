resource "aws_opensearch_domain" "products" {
  domain_name    = "products"
  engine_version = "OpenSearch_2.11"

  domain_endpoint_options {
    enforce_https = true
  }
}
