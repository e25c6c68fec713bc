# A pattern that any topic of any account matches narrows nothing.
resource "aws_sqs_queue" "orders" {
  name = "orders"

  policy = <<-POLICY
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}
      }
    }
  POLICY
}
