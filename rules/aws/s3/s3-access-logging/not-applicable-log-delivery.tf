# The log bucket of the whole company: the buckets that log to it are declared elsewhere.
resource "aws_s3_bucket" "access_logs" {
  bucket = "acme-access-logs"
}

resource "aws_s3_bucket_policy" "access_logs" {
  bucket = aws_s3_bucket.access_logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "${aws_s3_bucket.access_logs.arn}/*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.access_logs.arn}/*"
      },
    ]
  })
}

# As it was done before policies could.
resource "aws_s3_bucket" "old_access_logs" {
  bucket = "acme-old-access-logs"
}

resource "aws_s3_bucket_acl" "old_access_logs" {
  bucket = aws_s3_bucket.old_access_logs.id
  acl    = "log-delivery-write"
}
