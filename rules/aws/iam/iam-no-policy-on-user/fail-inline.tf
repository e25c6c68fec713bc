resource "aws_iam_user" "mailer" {
  name = "mailer"
}

resource "aws_iam_user_policy" "mailer" {
  name = "send"
  user = aws_iam_user.mailer.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ses:SendRawEmail", Resource = "*" }]
  })
}
