# The log buckets of the whole company: what logs to them is declared elsewhere.
resource "aws_s3_bucket" "access_logs" {
  bucket = "acme-access-logs"
}

resource "aws_s3_bucket_policy" "access_logs" {
  bucket = aws_s3_bucket.access_logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.access_logs.arn}/*"
    }]
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

# Application load balancers know no other encryption either.
resource "aws_s3_bucket" "load_balancer_logs" {
  bucket = "acme-load-balancer-logs"
}

resource "aws_s3_bucket_policy" "load_balancer_logs" {
  bucket = aws_s3_bucket.load_balancer_logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.load_balancer_logs.arn}/AWSLogs/123456789012/*"
    }]
  })
}
