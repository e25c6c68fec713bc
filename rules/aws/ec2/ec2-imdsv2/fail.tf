resource "aws_instance" "legacy" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "optional"
  }
}

resource "aws_launch_template" "legacy" {
  name          = "legacy"
  image_id      = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  metadata_options {
    http_tokens = "optional"
  }
}
