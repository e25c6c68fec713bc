resource "aws_iam_policy" "support" {
  name = "support"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["iam:Get*", "iam:List*", "iam:CreateAccessKey"]
      Resource = "*"
    }]
  })
}
