resource "aws_s3_bucket" "shop" {
  bucket = "acme-shop"
}

resource "aws_s3_bucket_website_configuration" "shop" {
  bucket = aws_s3_bucket.shop.id

  index_document {
    suffix = "index.html"
  }
}
