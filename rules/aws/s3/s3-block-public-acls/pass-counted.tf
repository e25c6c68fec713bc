locals {
  buckets = ["acme-invoices-eu", "acme-invoices-us"]
}

resource "aws_s3_bucket" "invoices" {
  count  = length(local.buckets)
  bucket = local.buckets[count.index]
}

resource "aws_s3_bucket_public_access_block" "invoices" {
  count                   = length(aws_s3_bucket.invoices)
  bucket                  = aws_s3_bucket.invoices[count.index].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
