variable "encrypt" {
  type = bool
}

resource "aws_launch_template" "workers" {
  name = "workers"

  block_device_mappings {
    device_name = "/dev/sdf"

    ebs {
      encrypted = var.encrypt
    }
  }
}
