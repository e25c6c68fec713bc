resource "aws_apigatewayv2_stage" "live" {
  api_id = "f6g7h8i9j0"
  name   = "live"
}
