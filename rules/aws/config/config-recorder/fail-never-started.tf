# Declaring a recorder does not start it.
resource "aws_config_configuration_recorder" "this" {
  name     = "main"
  role_arn = "arn:aws:iam::123456789012:role/config"
}

resource "aws_config_delivery_channel" "this" {
  s3_bucket_name = "acme-config"
  depends_on     = [aws_config_configuration_recorder.this]
}
