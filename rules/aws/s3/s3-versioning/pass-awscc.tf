# The awscc provider spells the registry's own names.
resource "awscc_s3_bucket" "orders" {
  bucket_name = "acme-orders"

  versioning_configuration = {
    status = "Enabled"
  }
}
