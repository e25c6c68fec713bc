# As it was written until version 5 of the provider.
resource "aws_redshift_cluster" "reports" {
  cluster_identifier     = "reports"
  database_name          = "reports"
  node_type              = "ra3.large"
  master_username        = "reports"
  manage_master_password = true

  logging {
    enable        = true
    bucket_name   = "acme-logs"
    s3_key_prefix = "redshift/"
  }
}
