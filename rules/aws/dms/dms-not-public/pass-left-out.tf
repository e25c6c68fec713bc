# The provider sends false when nothing is written; the API alone would create a public instance.
resource "aws_dms_replication_instance" "migration" {
  replication_instance_id     = "migration"
  replication_instance_class  = "dms.t3.medium"
  replication_subnet_group_id = "private"
}
