variable "record" {
  type = bool
}

resource "aws_config_configuration_recorder" "this" {
  name     = "main"
  role_arn = "arn:aws:iam::123456789012:role/config"
}

resource "aws_config_delivery_channel" "this" {
  s3_bucket_name = "acme-config"
  depends_on     = [aws_config_configuration_recorder.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  name       = aws_config_configuration_recorder.this.name
  is_enabled = var.record
  depends_on = [aws_config_delivery_channel.this]
}
