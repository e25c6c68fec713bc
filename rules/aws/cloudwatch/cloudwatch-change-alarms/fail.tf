# Filters and alarms as they should be, on a log group that no trail writes to.

resource "aws_cloudwatch_log_group" "trail" {
  name              = "trail"
  retention_in_days = 400
}

resource "aws_cloudtrail" "main" {
  name                  = "all-regions"
  s3_bucket_name        = "acme-trail"
  is_multi_region_trail = true
}

resource "aws_sns_topic" "alerts" {
  name = "security-alerts"
}

locals {
  watched = {
    root-use       = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
    policy-change  = "{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = AttachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachGroupPolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = DeletePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) }"
    trail-change   = "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }"
    failed-sign-in = "{ ($.eventName = ConsoleLogin) && ($.errorMessage = \"Failed authentication\") }"
  }
}

resource "aws_cloudwatch_log_metric_filter" "watched" {
  for_each = local.watched

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = each.value

  metric_transformation {
    name      = each.key
    namespace = "Security"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "watched" {
  for_each = local.watched

  alarm_name          = each.key
  namespace           = "Security"
  metric_name         = aws_cloudwatch_log_metric_filter.watched[each.key].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  alarm_actions       = [aws_sns_topic.alerts.arn]
}
