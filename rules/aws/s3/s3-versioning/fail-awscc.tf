resource "awscc_s3_bucket" "orders" {
  bucket_name = "acme-orders"
}
