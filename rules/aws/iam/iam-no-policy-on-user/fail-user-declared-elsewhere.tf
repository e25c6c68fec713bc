resource "aws_iam_user_policy_attachment" "carol" {
  user       = "carol"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
