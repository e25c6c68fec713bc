# Who uses root, changes policies or the trail, or fails to sign in is told to the people on call.

locals {
  policy_calls = concat(
    [for pair in setproduct(["Attach", "Delete", "Detach", "Put"], ["Group", "Role", "User"]) : "${pair[0]}${pair[1]}Policy"],
    ["CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion"],
  )
  trail_calls = ["CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail"]

  watched = {
    failed-sign-in = "{ ($.eventName = \"ConsoleLogin\") && ($.errorMessage = \"Failed authentication\") }"
    policy-change  = "{ ${join(" || ", [for call in local.policy_calls : "($.eventName = \"${call}\")"])} }"
    root-use       = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
    trail-change   = "{ ${join(" || ", [for call in local.trail_calls : "($.eventName = \"${call}\")"])} }"
  }
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = "${local.name}-trail"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.data.arn

  tags = local.tags
}

data "aws_iam_policy_document" "trail_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "trail_to_logs" {
  name               = "${local.name}-trail-to-logs"
  assume_role_policy = data.aws_iam_policy_document.trail_assume.json

  tags = local.tags
}

resource "aws_iam_role_policy" "trail_to_logs" {
  name = "write-logs"
  role = aws_iam_role.trail_to_logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.trail.arn}:*"
    }]
  })
}

resource "aws_cloudwatch_log_metric_filter" "watched" {
  for_each = local.watched

  name           = "${local.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = each.value

  metric_transformation {
    name      = each.key
    namespace = "Harbourline/Security"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "watched" {
  for_each = local.watched

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = "Seen in the audit trail: ${each.key}"
  namespace           = "Harbourline/Security"
  metric_name         = each.key
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.security_alerts.arn]

  tags = local.tags

  depends_on = [aws_cloudwatch_log_metric_filter.watched]
}

resource "aws_sns_topic" "security_alerts" {
  name              = "${local.name}-security-alerts"
  kms_master_key_id = aws_kms_key.data.arn

  tags = local.tags
}

data "aws_iam_policy_document" "security_alerts" {
  statement {
    sid       = "AlarmsOfThisAccountPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.security_alerts.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "security_alerts" {
  arn    = aws_sns_topic.security_alerts.arn
  policy = data.aws_iam_policy_document.security_alerts.json
}

resource "aws_sns_topic_subscription" "on_call" {
  topic_arn = aws_sns_topic.security_alerts.arn
  protocol  = "email"
  endpoint  = "on-call@harbourline.example"
}
