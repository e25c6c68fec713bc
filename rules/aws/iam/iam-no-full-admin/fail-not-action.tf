# All but three actions is all of them to whoever wants to do harm.
data "aws_iam_policy_document" "power" {
  statement {
    not_actions = ["organizations:*", "account:*", "support:*"]
    resources   = ["*"]
  }
}

resource "aws_iam_policy" "power" {
  name   = "power"
  policy = data.aws_iam_policy_document.power.json
}
