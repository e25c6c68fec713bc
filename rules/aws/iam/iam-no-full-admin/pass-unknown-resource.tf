# The bucket's ARN is not known before it exists; that it is not every resource is.
resource "aws_s3_bucket" "artifacts" {
  bucket_prefix = "artifacts-"
}

resource "aws_iam_policy" "artifacts" {
  name = "artifacts"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = "${aws_s3_bucket.artifacts.arn}/*"
    }]
  })
}
