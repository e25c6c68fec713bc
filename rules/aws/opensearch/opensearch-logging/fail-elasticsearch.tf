resource "aws_elasticsearch_domain" "archive" {
  domain_name           = "archive"
  elasticsearch_version = "7.10"
}
