# As the community's module writes it: the block stands only where there is something to restore from.
variable "restore_to_point_in_time" {
  type    = any
  default = null
}

resource "aws_db_instance" "orders" {
  engine         = "postgres"
  instance_class = "db.t4g.small"

  dynamic "restore_to_point_in_time" {
    for_each = var.restore_to_point_in_time != null ? [var.restore_to_point_in_time] : []

    content {
      source_db_instance_identifier = restore_to_point_in_time.value.source_db_instance_identifier
    }
  }
}
