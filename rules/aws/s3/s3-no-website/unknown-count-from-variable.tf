variable "website" {
  type = bool
}

resource "aws_s3_bucket" "shop" {
  bucket = "acme-shop"
}

resource "aws_s3_bucket_website_configuration" "shop" {
  count  = var.website ? 1 : 0
  bucket = aws_s3_bucket.shop.id

  index_document {
    suffix = "index.html"
  }
}
