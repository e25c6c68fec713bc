# Every action there is, and none of them does anything to a bucket's objects that gives its holder more.
resource "aws_iam_policy" "exports" {
  name = "exports"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "arn:aws:s3:::acme-exports/*" }]
  })
}
