resource "aws_s3_bucket" "statements" {
  bucket = "acme-statements"
}

resource "aws_s3_bucket_policy" "statements" {
  bucket = aws_s3_bucket.statements.bucket
  policy = <<-POLICY
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": ["${aws_s3_bucket.statements.arn}", "${aws_s3_bucket.statements.arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}
      }
    }
  POLICY
}
