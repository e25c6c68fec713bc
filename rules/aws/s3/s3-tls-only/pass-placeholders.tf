# As the community's module writes it: documents put together, with placeholders that are replaced afterwards.
data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "reports" {
  bucket_prefix = "reports-"
}

data "aws_iam_policy_document" "tls" {
  statement {
    sid       = "denyInsecureTransport"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["_S3_BUCKET_ARN_", "_S3_BUCKET_ARN_/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

data "aws_iam_policy_document" "delivery" {
  statement {
    sid       = "delivery"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.reports.arn}/AWSLogs/_AWS_ACCOUNT_ID_/*"]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "both" {
  source_policy_documents = [data.aws_iam_policy_document.tls.json, data.aws_iam_policy_document.delivery.json]
}

resource "aws_s3_bucket_policy" "reports" {
  bucket = aws_s3_bucket.reports.id
  policy = replace(
    replace(data.aws_iam_policy_document.both.json, "_S3_BUCKET_ARN_", aws_s3_bucket.reports.arn),
    "_AWS_ACCOUNT_ID_", data.aws_caller_identity.current.account_id
  )
}

# The policy of a directory bucket is none of a bucket's that is declared elsewhere.
resource "aws_s3_directory_bucket" "scratch" {
  bucket = "scratch--euw1-az1--x-s3"

  location {
    name = "euw1-az1"
  }
}

resource "aws_s3_bucket_policy" "scratch" {
  bucket = aws_s3_directory_bucket.scratch.bucket
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "123456789012" }, Action = "s3express:CreateSession", Resource = "*" }]
  })
}
