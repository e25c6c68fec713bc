variable "policy" {
  type        = string
  description = "The whole bucket policy, as JSON"
}

resource "aws_s3_bucket" "statements" {
  bucket = "acme-statements"
}

resource "aws_s3_bucket_policy" "statements" {
  bucket = aws_s3_bucket.statements.id
  policy = var.policy
}
