resource "aws_api_gateway_rest_api" "shop" {
  name = "shop"
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = "orders"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.shop.execution_arn}/*/POST/orders"
}

resource "aws_lambda_permission" "uploads" {
  statement_id   = "uploads"
  action         = "lambda:InvokeFunction"
  function_name  = "orders"
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:aws:s3:::acme-uploads"
  source_account = "123456789012"
}

resource "aws_lambda_permission" "partner" {
  statement_id  = "partner"
  action        = "lambda:InvokeFunction"
  function_name = "orders"
  principal     = "210987654321"
}

resource "aws_lambda_permission" "family" {
  statement_id     = "family"
  action           = "lambda:InvokeFunction"
  function_name    = "orders"
  principal        = "*"
  principal_org_id = "o-a1b2c3d4e5"
}

resource "aws_lambda_permission" "assistant" {
  statement_id       = "assistant"
  action             = "lambda:InvokeFunction"
  function_name      = "orders"
  principal          = "alexa-appkit.amazon.com"
  event_source_token = "amzn1.ask.skill.0000"
}
