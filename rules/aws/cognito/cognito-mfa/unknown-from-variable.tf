variable "mfa" {
  type = string
}

resource "aws_cognito_user_pool" "customers" {
  name              = "customers"
  mfa_configuration = var.mfa

  software_token_mfa_configuration {
    enabled = true
  }
}
