# The buckets that logs go to. Access logs cannot be delivered into a bucket encrypted with a KMS key, so that one
# uses S3's own keys: a finding of low severity that we accept.

resource "aws_s3_bucket" "logs" {
  for_each = local.log_buckets

  bucket              = "${local.name}-${each.key}"
  object_lock_enabled = each.value.locked
  tags                = merge(local.tags, { Data = each.value.data })
}

resource "aws_s3_bucket_versioning" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    bucket_key_enabled = each.key != "access-logs"

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.key == "access-logs" ? "AES256" : "aws:kms"
      kms_master_key_id = each.key == "access-logs" ? null : aws_kms_key.data.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# The access log bucket records who read it too, under a prefix of its own.
resource "aws_s3_bucket_logging" "logs" {
  for_each = local.log_buckets

  bucket        = aws_s3_bucket.logs[each.key].id
  target_bucket = aws_s3_bucket.logs["access-logs"].id
  target_prefix = "s3/${each.key}/"
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {
      prefix = ""
    }

    expiration {
      days = each.value.expire_days
    }
  }
}

# The record of who did what is evidence: for a year nobody removes it, administrators included.
resource "aws_s3_bucket_object_lock_configuration" "cloudtrail" {
  bucket = aws_s3_bucket.logs["cloudtrail"].id

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = 365
    }
  }
}

data "aws_iam_policy_document" "access_logs" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.logs["access-logs"].arn, "${aws_s3_bucket.logs["access-logs"].arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "FlowLogsCheckTheBucket"
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.logs["access-logs"].arn]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }

  statement {
    sid       = "LogServicesDeliver"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs["access-logs"].arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

data "aws_iam_policy_document" "cloudtrail" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.logs["cloudtrail"].arn, "${aws_s3_bucket.logs["cloudtrail"].arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "CloudTrailChecksTheBucket"
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.logs["cloudtrail"].arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:cloudtrail:${var.region}:${var.account_id}:trail/${local.name}"]
    }
  }

  statement {
    sid       = "CloudTrailDelivers"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs["cloudtrail"].arn}/AWSLogs/${var.account_id}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:cloudtrail:${var.region}:${var.account_id}:trail/${local.name}"]
    }
  }

  statement {
    sid       = "ConfigChecksTheBucket"
    actions   = ["s3:GetBucketAcl", "s3:ListBucket"]
    resources = [aws_s3_bucket.logs["cloudtrail"].arn]

    principals {
      type        = "Service"
      identifiers = ["config.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }

  statement {
    sid       = "ConfigDelivers"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs["cloudtrail"].arn}/config/AWSLogs/${var.account_id}/Config/*"]

    principals {
      type        = "Service"
      identifiers = ["config.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_s3_bucket_policy" "access_logs" {
  bucket = aws_s3_bucket.logs["access-logs"].id
  policy = data.aws_iam_policy_document.access_logs.json
}

resource "aws_s3_bucket_policy" "cloudtrail" {
  bucket = aws_s3_bucket.logs["cloudtrail"].id
  policy = data.aws_iam_policy_document.cloudtrail.json
}

resource "aws_cloudtrail" "main" {
  name                          = local.name
  s3_bucket_name                = aws_s3_bucket.logs["cloudtrail"].id
  kms_key_id                    = aws_kms_key.data.arn
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  enable_logging                = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.trail_to_logs.arn

  tags = local.tags

  depends_on = [aws_s3_bucket_policy.cloudtrail]
}
