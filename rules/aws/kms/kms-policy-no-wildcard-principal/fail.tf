resource "aws_kms_key" "shared" {
  description = "Shared with partners"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = {
      Effect    = "Allow"
      Principal = "*"
      Action    = "kms:Decrypt"
      Resource  = "*"
    }
  })
}
