# S3 encrypts new buckets with its own keys since 2023; a KMS key has to be asked for.
resource "aws_s3_bucket" "orders" {
  bucket = "acme-orders"
}
