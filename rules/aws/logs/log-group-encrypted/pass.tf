resource "aws_kms_key" "logs" {
  description = "Logs"
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "shop/app"
  kms_key_id        = aws_kms_key.logs.arn
}
