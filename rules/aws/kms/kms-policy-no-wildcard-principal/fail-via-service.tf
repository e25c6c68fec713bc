# Every account may go through S3 of this region.
data "aws_iam_policy_document" "shared" {
  statement {
    actions   = ["kms:Decrypt"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.eu-west-1.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "shared" {
  description = "Shared with partners"
  policy      = data.aws_iam_policy_document.shared.json
}
