resource "aws_apigatewayv2_stage" "live" {
  api_id = "f6g7h8i9j0"
  name   = "live"

  access_log_settings {
    destination_arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/api"
    format          = "$context.requestId $context.status"
  }
}
