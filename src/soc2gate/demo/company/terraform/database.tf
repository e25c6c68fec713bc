resource "aws_db_subnet_group" "shop" {
  name        = "${local.name}-shop"
  description = "Private subnets of the shop database"
  subnet_ids  = module.network.private_subnet_ids

  tags = local.tags
}

resource "aws_db_parameter_group" "shop" {
  name        = "${local.name}-postgres16"
  family      = "postgres16"
  description = "Shop database: clients must use TLS"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  tags = local.tags
}

resource "aws_db_instance" "shop" {
  identifier     = "${local.name}-shop"
  engine         = "postgres"
  engine_version = "16.4"
  instance_class = var.database.instance_class

  allocated_storage = var.database.storage_gb
  storage_type      = "gp3"
  storage_encrypted = true
  kms_key_id        = aws_kms_key.data.arn

  db_name                       = "shop"
  username                      = "shop_admin"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.data.arn

  db_subnet_group_name   = aws_db_subnet_group.shop.name
  parameter_group_name   = aws_db_parameter_group.shop.name
  vpc_security_group_ids = [module.network.security_group_ids["db"]]
  publicly_accessible    = false
  multi_az               = true

  backup_retention_period = var.backup_retention_days
  backup_window           = "02:00-03:00"
  maintenance_window      = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot   = true

  iam_database_authentication_enabled = true
  auto_minor_version_upgrade          = true
  deletion_protection                 = true
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]

  skip_final_snapshot       = false
  final_snapshot_identifier = "${local.name}-shop-final"

  tags = local.tags
}

# The catalogue as it was on the day the shop opened; automated backups are gone after two weeks.
resource "aws_db_snapshot" "opening_day" {
  db_instance_identifier = aws_db_instance.shop.identifier
  db_snapshot_identifier = "${local.name}-opening-day"

  tags = local.tags
}
