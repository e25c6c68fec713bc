variable "key" {
  type = string
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "shop/app"
  kms_key_id        = var.key
}
