variable "user" {
  type = string
}

resource "aws_kms_key" "data" {
  description = "Data at rest"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.user }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}
