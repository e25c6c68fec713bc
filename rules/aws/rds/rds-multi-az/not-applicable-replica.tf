resource "aws_db_instance" "reports" {
  identifier          = "orders-reports"
  instance_class      = "db.t4g.small"
  replicate_source_db = "orders"
}
