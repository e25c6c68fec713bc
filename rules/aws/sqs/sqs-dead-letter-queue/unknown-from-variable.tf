variable "redrive" {
  type = bool
}

resource "aws_sqs_queue" "orders" {
  name           = "orders"
  redrive_policy = var.redrive ? jsonencode({ deadLetterTargetArn = "arn:aws:sqs:eu-west-1:123456789012:orders-failed", maxReceiveCount = 5 }) : null
}
