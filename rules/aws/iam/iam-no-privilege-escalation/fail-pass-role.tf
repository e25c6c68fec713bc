# Any role, to any service; and code that runs as it.
data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["lambda:CreateFunction", "lambda:InvokeFunction", "iam:PassRole"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "deploy" {
  name   = "deploy"
  policy = data.aws_iam_policy_document.deploy.json
}
