resource "aws_instance" "batch" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "c6i.large"

  metadata_options {
    http_endpoint = "disabled"
  }
}
