# What the order queue cannot deliver ends here; that queue is declared in another root.
resource "aws_sqs_queue" "failed" {
  name = "orders-failed"
}

resource "aws_sqs_queue_redrive_policy" "orders" {
  queue_url = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed.arn
    maxReceiveCount     = 5
  })
}

# Two that say so themselves.
resource "aws_sqs_queue" "payments_failed" {
  name = "payments-failed"
}

resource "aws_sqs_queue_redrive_allow_policy" "payments_failed" {
  queue_url = aws_sqs_queue.payments_failed.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = ["arn:aws:sqs:eu-west-1:123456789012:payments"]
  })
}

resource "aws_sqs_queue" "anything_failed" {
  name                 = "anything-failed"
  redrive_allow_policy = jsonencode({ redrivePermission = "allowAll" })
}
