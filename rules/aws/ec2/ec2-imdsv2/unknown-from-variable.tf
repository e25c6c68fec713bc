variable "http_tokens" {
  type = string
}

resource "aws_launch_template" "workers" {
  name_prefix   = "workers-"
  image_id      = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  metadata_options {
    http_tokens = var.http_tokens
  }
}
