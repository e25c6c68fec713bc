variable "locked" {
  type = bool
}

resource "aws_s3_bucket" "backups" {
  bucket              = "acme-backups"
  object_lock_enabled = var.locked

  tags = {
    Purpose = "backup"
  }
}
