# A new volume, and nobody says that it is encrypted.
resource "aws_launch_template" "workers" {
  name = "workers"

  block_device_mappings {
    device_name = "/dev/sdf"

    ebs {
      volume_size = 100
    }
  }
}

resource "aws_launch_configuration" "legacy" {
  name          = "legacy"
  image_id      = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  root_block_device {
    encrypted = true
  }

  ebs_block_device {
    device_name = "/dev/sdb"
    volume_size = 100
  }
}
