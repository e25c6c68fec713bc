# SQS encrypts new queues with its own keys since 2022.
resource "aws_sqs_queue" "mail" {
  name = "mail"
}
