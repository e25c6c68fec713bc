# Neither the bucket's ARN nor the role's is known before they exist; the policy still names one role.
resource "aws_s3_bucket" "reports" {
  bucket_prefix = "reports-"
}

resource "aws_iam_role" "reader" {
  name_prefix        = "reader-"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_s3_bucket_policy" "reports" {
  bucket = aws_s3_bucket.reports.id

  policy = <<-JSON
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {"AWS": "${aws_iam_role.reader.arn}"},
          "Action": "s3:GetObject",
          "Resource": "${aws_s3_bucket.reports.arn}/*"
        }
      ]
    }
  JSON
}
