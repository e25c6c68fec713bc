resource "aws_sqs_queue" "mail" {
  name                    = "mail"
  sqs_managed_sse_enabled = true
}

resource "aws_kms_key" "queues" {
  description         = "Queues"
  enable_key_rotation = true
}

# The key's id is not known before it exists; that there is one is.
resource "aws_sqs_queue" "payments" {
  name              = "payments"
  kms_master_key_id = aws_kms_key.queues.id
}
