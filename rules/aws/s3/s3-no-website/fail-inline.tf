# As it was written before version 4 of the provider.
resource "aws_s3_bucket" "shop" {
  bucket = "acme-shop"

  website {
    index_document = "index.html"
    error_document = "error.html"
  }
}
