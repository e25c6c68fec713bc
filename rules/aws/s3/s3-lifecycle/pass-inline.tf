# As it was written before version 4 of the provider.
resource "aws_s3_bucket" "exports" {
  bucket = "acme-exports"

  lifecycle_rule {
    enabled = false
    prefix  = "legacy/"
  }

  lifecycle_rule {
    id      = "expire"
    enabled = true

    expiration {
      days = 30
    }
  }
}
