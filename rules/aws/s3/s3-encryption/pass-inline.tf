# As it was written before version 4 of the provider.
resource "aws_s3_bucket" "orders" {
  bucket = "acme-orders"

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "aws:kms:dsse"
      }
    }
  }
}
