resource "aws_cloudwatch_log_group" "app" {
  name              = "shop/app"
  log_group_class   = "DELIVERY"
  retention_in_days = 1
}
