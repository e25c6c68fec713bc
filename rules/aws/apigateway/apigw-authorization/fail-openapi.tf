# `security` of the whole document is nothing to API Gateway: it reads what stands at each method.
resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"

  body = <<-YAML
    swagger: "2.0"
    info: {title: orders, version: "1"}
    security:
      - signed: []
    paths:
      /orders:
        get:
          x-amazon-apigateway-integration:
            type: http_proxy
            uri: https://${var.backend}/orders
    securityDefinitions:
      signed:
        type: apiKey
        name: Authorization
        in: header
        x-amazon-apigateway-authtype: awsSigv4
  YAML
}

variable "backend" {
  type = string
}
