# People may change their own password and keys, and nobody else's.
resource "aws_iam_policy" "self_service" {
  name = "self-service"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["iam:CreateAccessKey", "iam:UpdateLoginProfile", "iam:DeleteAccessKey"]
      Resource = "arn:aws:iam::*:user/$${aws:username}"
    }]
  })
}
