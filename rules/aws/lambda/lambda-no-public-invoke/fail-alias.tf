# The alias has a policy of its own, and lets everybody in.
resource "aws_lambda_permission" "everybody" {
  statement_id  = "everybody"
  function_name = "orders"
  qualifier     = "live"
  action        = "lambda:InvokeFunction"
  principal     = "*"
}
