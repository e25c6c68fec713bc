# The function's failed calls go to a topic of the same name, and the rule's target is the queue itself.
resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_sns_topic" "orders" {
  name = "orders"
}

resource "aws_lambda_function" "settle" {
  function_name = "settle"

  dead_letter_config {
    target_arn = aws_sns_topic.orders.arn
  }
}

resource "aws_lambda_function_event_invoke_config" "settle" {
  function_name = aws_lambda_function.settle.function_name

  destination_config {
    on_failure {
      destination = "arn:aws:sns:eu-west-1:123456789012:orders"
    }
  }
}

resource "aws_cloudwatch_event_rule" "orders" {
  name          = "orders"
  event_pattern = jsonencode({ source = ["acme.orders"] })
}

resource "aws_cloudwatch_event_target" "orders" {
  rule = aws_cloudwatch_event_rule.orders.name
  arn  = aws_sqs_queue.orders.arn
}
