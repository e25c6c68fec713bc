resource "aws_iam_user" "backup" {
  name = "backup"
}

resource "aws_iam_user_policy" "backup" {
  name = "everything"
  user = aws_iam_user.backup.name

  policy = <<-JSON
    {
      "Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": ["*:*"], "Resource": ["*"]}]
    }
  JSON
}
