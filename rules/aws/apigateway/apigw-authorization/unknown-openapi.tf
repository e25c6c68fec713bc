# What the document is, only the variable tells; and of the second it is not known what the one scheme asks.
resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"
  body = var.document
}

resource "aws_api_gateway_rest_api" "prices" {
  name = "prices"
  body = jsonencode({
    openapi = "3.0.1"
    paths = {
      "/prices" = {
        get = { security = [{ callers = [] }] }
      }
    }
    components = {
      securitySchemes = {
        callers = var.callers
      }
    }
  })
}

variable "document" {
  type = string
}

variable "callers" {
  type = any
}
