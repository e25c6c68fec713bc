# It is one, if this is where the function's failed calls go.
variable "failed_calls" {
  type = string
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_lambda_function" "settle" {
  function_name = "settle"

  dead_letter_config {
    target_arn = var.failed_calls
  }
}
