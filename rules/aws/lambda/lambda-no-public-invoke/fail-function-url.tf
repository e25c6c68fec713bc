# The provider adds the permission for everybody by itself.
resource "aws_lambda_function_url" "orders" {
  function_name      = "orders"
  authorization_type = "NONE"
}
