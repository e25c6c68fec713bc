resource "aws_cloudwatch_log_group" "app" {
  name              = "/proof/app"
  retention_in_days = 400
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "ERROR"

  metric_transformation {
    name      = "errors"
    namespace = "Proof"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "proof-errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "errors"
  namespace           = "Proof"
  period              = 60
  statistic           = "Sum"
  threshold           = 0
  alarm_actions       = [aws_sns_topic.events.arn]
}

resource "aws_cloudtrail" "main" {
  name                       = "proof"
  s3_bucket_name             = aws_s3_bucket.logs.id
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = aws_kms_key.data.arn
}

resource "aws_guardduty_detector" "this" {
  enable = true
}

resource "aws_lambda_function" "worker" {
  function_name = "proof-worker"
  role          = aws_iam_role.worker.arn
  handler       = "main.handler"
  runtime       = "python3.8"
  filename      = "${path.module}/worker.zip"

  environment {
    variables = { TABLE = aws_dynamodb_table.orders.name }
  }
}

resource "aws_ecs_cluster" "this" {
  name = "proof"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_kinesis_stream" "clicks" {
  name            = "proof-clicks"
  shard_count     = 1
  encryption_type = "KMS"
  kms_key_id      = aws_kms_key.data.arn
}
