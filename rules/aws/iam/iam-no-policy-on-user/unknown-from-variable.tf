variable "on_call" {
  type = bool
}

resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_user_policy_attachment" "support" {
  count = var.on_call ? 1 : 0

  user       = aws_iam_user.alice.name
  policy_arn = "arn:aws:iam::aws:policy/AWSSupportAccess"
}
