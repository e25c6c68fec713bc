# Others find a missing retention; without one nothing is ever removed.
resource "aws_cloudwatch_log_group" "app" {
  name = "shop/app"
}
