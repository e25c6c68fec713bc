resource "aws_ami_copy" "base" {
  name              = "base-encrypted"
  source_ami_id     = "ami-0c38b837cd80f13bb"
  source_ami_region = "eu-west-1"
  encrypted         = true
}

resource "aws_ami_launch_permission" "staging" {
  image_id   = aws_ami_copy.base.id
  account_id = "210987654321"
}

resource "aws_ami_launch_permission" "company" {
  image_id         = aws_ami_copy.base.id
  organization_arn = "arn:aws:organizations::123456789012:organization/o-a1b2c3d4e5"
}

resource "aws_ami_from_instance" "snapshot" {
  name               = "web"
  source_instance_id = "i-0123456789abcdef0"
}
