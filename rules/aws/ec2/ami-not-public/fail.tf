resource "aws_ami" "base" {
  name = "base"
}

resource "aws_ami_launch_permission" "everybody" {
  image_id = aws_ami.base.id
  group    = "all"
}
