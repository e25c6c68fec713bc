resource "aws_redshift_cluster" "reports" {
  cluster_identifier     = "reports"
  database_name          = "reports"
  node_type              = "ra3.large"
  master_username        = "reports"
  manage_master_password = true
}

resource "aws_redshift_logging" "reports" {
  cluster_identifier   = aws_redshift_cluster.reports.id
  log_destination_type = "cloudwatch"
  log_exports          = ["connectionlog", "userlog", "useractivitylog"]
}
