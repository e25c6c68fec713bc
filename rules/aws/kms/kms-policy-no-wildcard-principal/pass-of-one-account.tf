# As AWS writes it for its own keys: everyone, who comes from this account, through this service.
resource "aws_kms_key" "secrets" {
  description = "Secrets"
}

resource "aws_kms_key_policy" "secrets" {
  key_id = aws_kms_key.secrets.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      Resource  = "*"
      Condition = {
        StringEquals = {
          "kms:CallerAccount" = "123456789012"
          "kms:ViaService"    = "secretsmanager.eu-west-1.amazonaws.com"
        }
      }
    }]
  })
}
