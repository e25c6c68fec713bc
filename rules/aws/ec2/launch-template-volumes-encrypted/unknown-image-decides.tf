# The root device is as the image is, and what nobody maps is the image's too.
resource "aws_launch_template" "resized" {
  name = "resized"

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size = 50
    }
  }
}

resource "aws_launch_template" "nothing_said" {
  name     = "nothing-said"
  image_id = "ami-0c38b837cd80f13bb"
}

resource "aws_launch_configuration" "nothing_said" {
  name          = "nothing-said"
  image_id      = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
}

resource "aws_launch_configuration" "restored" {
  name          = "restored"
  image_id      = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  ebs_block_device {
    device_name = "/dev/sdb"
    snapshot_id = "snap-0a1b2c3d4e5f60718"
  }
}
