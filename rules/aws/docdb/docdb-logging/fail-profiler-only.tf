# The profiler logs slow operations, not who did what.
resource "aws_docdb_cluster" "catalogue" {
  cluster_identifier              = "catalogue"
  master_username                 = "catalogue"
  manage_master_user_password     = true
  storage_encrypted               = true
  enabled_cloudwatch_logs_exports = ["profiler"]
}
