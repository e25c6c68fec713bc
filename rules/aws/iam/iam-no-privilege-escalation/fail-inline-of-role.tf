resource "aws_iam_role" "ops" {
  name = "ops"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  inline_policy {
    name = "metrics"
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "cloudwatch:PutMetricData", Resource = "*" }]
    })
  }

  inline_policy {
    name = "roles"
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "iam:Put*Policy", Resource = "*" }]
    })
  }
}

resource "aws_iam_role_policy" "elsewhere" {
  name = "keys"
  role = "declared-elsewhere"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", NotAction = ["s3:*"], Resource = "*" }]
  })
}
