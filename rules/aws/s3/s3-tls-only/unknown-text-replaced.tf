# What is replaced may stand in the variable as well.
variable "tail" {
  type = string
}

resource "aws_s3_bucket" "reports" {
  bucket_prefix = "reports-"
}

resource "aws_s3_bucket_policy" "reports" {
  bucket = aws_s3_bucket.reports.id
  policy = replace(jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.reports.arn, "${aws_s3_bucket.reports.arn}/${var.tail}"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  }), "/-", "/*")
}
