# The image comes from a pipeline; that it is shared with everybody stands here.
data "aws_ami" "built" {
  owners      = ["self"]
  most_recent = true
}

resource "aws_ami_launch_permission" "everybody" {
  image_id = data.aws_ami.built.id
  group    = "all"
}
