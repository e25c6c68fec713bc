variable "password_length" {
  type = number
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length   = var.password_length
  password_reuse_prevention = 24
}
