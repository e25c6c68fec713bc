resource "aws_iam_account_password_policy" "staff" {
  minimum_password_length        = 16
  password_reuse_prevention      = 24
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
}

# The shop's pods, through EKS Pod Identity.
data "aws_iam_policy_document" "pods_assume" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "shop_web" {
  name                 = "${local.name}-shop-web"
  description          = "What the shop's pods may do"
  assume_role_policy   = data.aws_iam_policy_document.pods_assume.json
  max_session_duration = 3600

  tags = local.tags
}

data "aws_iam_policy_document" "shop_web" {
  statement {
    sid       = "ReadAndPublishAssets"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.assets.arn}/*"]
  }

  statement {
    sid       = "HandOverExports"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.customer_exports.arn}/*"]
  }

  statement {
    sid       = "UseTheDataKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.data.arn]
  }

  statement {
    sid       = "PlaceOrders"
    actions   = ["sqs:SendMessage"]
    resources = ["arn:aws:sqs:${var.region}:${var.account_id}:${local.name}-orders"]
  }
}

resource "aws_iam_policy" "shop_web" {
  name        = "${local.name}-shop-web"
  description = "Assets, exports and orders"
  policy      = data.aws_iam_policy_document.shop_web.json

  tags = local.tags
}

resource "aws_iam_role_policy_attachment" "shop_web" {
  role       = aws_iam_role.shop_web.name
  policy_arn = aws_iam_policy.shop_web.arn
}

# The bastion: staff reach it through Session Manager when they are not in the office.
resource "aws_iam_role" "bastion" {
  name = "${local.name}-bastion"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })

  tags = local.tags
}

resource "aws_iam_role_policy_attachment" "bastion_session_manager" {
  role       = aws_iam_role.bastion.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "bastion_reports" {
  name = "write-reports"
  role = aws_iam_role.bastion.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteReports"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = "${aws_s3_bucket.customer_exports.arn}/reports/*"
    }]
  })
}

resource "aws_iam_instance_profile" "bastion" {
  name = "${local.name}-bastion"
  role = aws_iam_role.bastion.name
}
