resource "aws_sqs_queue" "orders" {
  name = "orders"

  redrive_policy = jsonencode({
    deadLetterTargetArn = "arn:aws:sqs:eu-west-1:123456789012:orders-failed"
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "payments" {
  name = "payments"
}

resource "aws_sqs_queue_redrive_policy" "payments" {
  queue_url = aws_sqs_queue.payments.id

  redrive_policy = jsonencode({
    deadLetterTargetArn = "arn:aws:sqs:eu-west-1:123456789012:payments-failed"
    maxReceiveCount     = 3
  })
}
