# The methods stand in the API's own document: one asks for a signature, one for a token, one for a key.
resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"

  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "orders", version = "1" }
    paths = {
      "/orders" = {
        get = {
          x-amazon-apigateway-auth        = { type = "AWS_IAM" }
          x-amazon-apigateway-integration = { type = "aws_proxy", uri = aws_lambda_function.orders.invoke_arn }
        }
        post = {
          security                        = [{ staff = [] }]
          x-amazon-apigateway-integration = { type = "aws_proxy", uri = aws_lambda_function.orders.invoke_arn }
        }
        x-amazon-apigateway-any-method = {
          security                        = [{ api_key = [] }]
          x-amazon-apigateway-integration = { type = "aws_proxy", uri = aws_lambda_function.orders.invoke_arn }
        }
      }
    }
    components = {
      securitySchemes = {
        api_key = { type = "apiKey", name = "x-api-key", in = "header" }
        staff = {
          type                           = "apiKey"
          name                           = "Authorization"
          in                             = "header"
          x-amazon-apigateway-authtype   = "cognito_user_pools"
          x-amazon-apigateway-authorizer = { type = "cognito_user_pools", providerARNs = [var.pool] }
        }
      }
    }
  })
}

resource "aws_lambda_function" "orders" {
  function_name = "orders"
}

variable "pool" {
  type = string
}
