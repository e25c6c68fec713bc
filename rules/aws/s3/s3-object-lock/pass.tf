resource "aws_s3_bucket" "backups" {
  bucket              = "acme-backups"
  object_lock_enabled = true

  tags = {
    Purpose = "Backup"
  }
}
