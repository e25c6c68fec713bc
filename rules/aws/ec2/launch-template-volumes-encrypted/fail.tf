resource "aws_launch_template" "workers" {
  name     = "workers"
  image_id = "ami-0c38b837cd80f13bb"

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      encrypted = true
    }
  }

  block_device_mappings {
    device_name = "/dev/sdb"

    ebs {
      volume_size = 100
      encrypted   = false
    }
  }
}

resource "aws_launch_configuration" "legacy" {
  name          = "legacy"
  image_id      = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  root_block_device {
    encrypted = false
  }
}
