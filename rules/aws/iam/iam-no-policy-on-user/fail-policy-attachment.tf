# The one resource that attaches to users, groups and roles at once.
resource "aws_iam_user" "bob" {
  name = "bob"
}

resource "aws_iam_policy_attachment" "audit" {
  name       = "audit"
  users      = [aws_iam_user.bob.name]
  groups     = ["auditors"]
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}
