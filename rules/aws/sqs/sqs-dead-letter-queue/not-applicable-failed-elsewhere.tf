# What EventBridge, SNS, functions and their stream readers could not deliver ends in these; nothing reads from them.
resource "aws_sqs_queue" "failed_events" {
  name = "failed-events"
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  schedule_expression = "rate(1 day)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_lambda_function.settle.arn

  dead_letter_config {
    arn = aws_sqs_queue.failed_events.arn
  }
}

# The rule that this belongs to is declared elsewhere.
resource "aws_sqs_queue" "more_failed_events" {
  name = "more-failed-events"
}

resource "aws_cloudwatch_event_target" "hourly" {
  rule = "hourly"
  arn  = aws_lambda_function.settle.arn

  dead_letter_config {
    arn = aws_sqs_queue.more_failed_events.arn
  }
}

resource "aws_sqs_queue" "failed_notifications" {
  name = "failed-notifications"
}

resource "aws_sns_topic_subscription" "partner" {
  topic_arn      = "arn:aws:sns:eu-west-1:123456789012:orders"
  protocol       = "https"
  endpoint       = "https://partner.example.com/orders"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.failed_notifications.arn })
}

resource "aws_sqs_queue" "failed_calls" {
  name = "failed-calls"
}

resource "aws_lambda_function" "settle" {
  function_name = "settle"

  dead_letter_config {
    target_arn = aws_sqs_queue.failed_calls.arn
  }
}

resource "aws_sqs_queue" "failed_invoices" {
  name = "failed-invoices"
}

resource "aws_lambda_function_event_invoke_config" "settle" {
  function_name = aws_lambda_function.settle.function_name

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed_invoices.arn
    }
  }
}

resource "aws_sqs_queue" "failed_records" {
  name = "failed-records"
}

resource "aws_lambda_event_source_mapping" "stream" {
  event_source_arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
  function_name    = aws_lambda_function.settle.arn

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.failed_records.arn
    }
  }
}
