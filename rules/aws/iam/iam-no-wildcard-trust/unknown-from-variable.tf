variable "trusted" {
  type        = string
  description = "ARN of the account or role that may assume this one"
}

resource "aws_iam_role" "partner" {
  name = "partner"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.trusted }
      Action    = "sts:AssumeRole"
    }]
  })
}
