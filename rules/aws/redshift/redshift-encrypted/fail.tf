resource "aws_redshift_cluster" "reports" {
  cluster_identifier     = "reports"
  database_name          = "reports"
  node_type              = "ra3.large"
  master_username        = "reports"
  manage_master_password = true
  encrypted              = false
}
