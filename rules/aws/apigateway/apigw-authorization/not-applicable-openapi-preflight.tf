resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"
  body = jsonencode({
    openapi = "3.0.1"
    paths = {
      "/orders" = {
        options = { x-amazon-apigateway-integration = { type = "mock" } }
      }
    }
  })
}
