resource "aws_s3_bucket" "shop" {
  bucket = "acme-shop"
}
