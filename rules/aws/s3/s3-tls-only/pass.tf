resource "aws_s3_bucket" "statements" {
  bucket_prefix = "statements-"
}

# The bucket's name is not known before it exists; the policy is read all the same.
resource "aws_s3_bucket_policy" "statements" {
  bucket = aws_s3_bucket.statements.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource = [
        aws_s3_bucket.statements.arn,
        "${aws_s3_bucket.statements.arn}/*",
      ]
      Condition = {
        Bool = { "aws:SecureTransport" = "false" }
      }
    }]
  })
}
