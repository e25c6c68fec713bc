# Allowing requests with TLS denies none without it.
resource "aws_s3_bucket" "statements" {
  bucket = "acme-statements"
}

resource "aws_s3_bucket_policy" "statements" {
  bucket = aws_s3_bucket.statements.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.statements.arn}/*"
      Condition = {
        Bool = { "aws:SecureTransport" = "true" }
      }
    }]
  })
}
