# Developers may do anything but with IAM.
resource "aws_iam_policy" "developers" {
  name = "developers"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", NotAction = ["lambda:UpdateFunctionCode", "glue:*"], Resource = "*" },
      { Effect = "Deny", Action = "iam:*", Resource = "*" },
    ]
  })
}
