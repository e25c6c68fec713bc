# One is backed up elsewhere, one is not backed up at all, and one says nothing: none is a store of backups.
resource "aws_s3_bucket" "orders" {
  bucket = "acme-orders"

  tags = {
    backup = "daily"
  }
}

resource "aws_s3_bucket" "scratch" {
  bucket = "acme-scratch"

  tags = {
    recovery = "no-backup"
  }
}

resource "aws_s3_bucket" "assets" {
  bucket = "acme-assets"
}
