variable "share_with" {
  type = string
}

resource "aws_ami" "base" {
  name = "base"
}

resource "aws_ami_launch_permission" "shared" {
  image_id = aws_ami.base.id
  group    = var.share_with
}
