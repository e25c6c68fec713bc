# That it lets no queue use it as theirs does not make it one.
resource "aws_sqs_queue" "orders" {
  name = "orders"

  redrive_allow_policy = jsonencode({
    redrivePermission = "denyAll"
  })
}
