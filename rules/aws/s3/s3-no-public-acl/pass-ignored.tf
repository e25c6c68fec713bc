# Written, and of no effect: the block tells S3 to ignore public ACLs.
resource "aws_s3_bucket" "assets" {
  bucket = "acme-assets"
}

resource "aws_s3_bucket_acl" "assets" {
  bucket = aws_s3_bucket.assets.id
  acl    = "public-read"
}

resource "aws_s3_bucket_public_access_block" "assets" {
  bucket             = aws_s3_bucket.assets.id
  ignore_public_acls = true
}
