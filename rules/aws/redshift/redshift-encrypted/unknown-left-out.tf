# Version 5 of the provider creates without encryption, version 6 with it.
resource "aws_redshift_cluster" "reports" {
  cluster_identifier     = "reports"
  database_name          = "reports"
  node_type              = "ra3.large"
  master_username        = "reports"
  manage_master_password = true
}
