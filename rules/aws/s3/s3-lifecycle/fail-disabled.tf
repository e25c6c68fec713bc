# Terraform's own `lifecycle` has nothing to do with it, and the rule is switched off.
resource "aws_s3_bucket" "exports" {
  bucket = "acme-exports"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "exports" {
  bucket = aws_s3_bucket.exports.id

  rule {
    id     = "expire"
    status = "Disabled"

    expiration {
      days = 30
    }
  }
}
