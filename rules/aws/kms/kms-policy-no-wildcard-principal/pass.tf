data "aws_caller_identity" "current" {}

resource "aws_kms_key" "data" {
  description = "Data at rest"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountAdministersTheKey"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

# The default policy names the account.
resource "aws_kms_key" "plain" {
  description = "Scratch"
}
