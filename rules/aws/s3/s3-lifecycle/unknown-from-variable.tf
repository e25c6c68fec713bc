variable "expire" {
  type        = string
  description = "Enabled or Disabled"
}

resource "aws_s3_bucket" "exports" {
  bucket = "acme-exports"
}

resource "aws_s3_bucket_lifecycle_configuration" "exports" {
  bucket = aws_s3_bucket.exports.id

  rule {
    id     = "expire"
    status = var.expire

    expiration {
      days = 30
    }
  }
}
