resource "aws_sqs_queue" "mail" {
  name                    = "mail"
  sqs_managed_sse_enabled = false
}
