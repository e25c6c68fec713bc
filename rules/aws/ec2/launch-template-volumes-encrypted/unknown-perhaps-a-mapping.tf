# Where there is one, it is encrypted; where there is none, the image decides.
variable "mappings" {
  type = list(any)
}

resource "aws_launch_template" "web" {
  image_id = "ami-0c38b837cd80f13bb"

  dynamic "block_device_mappings" {
    for_each = var.mappings

    content {
      device_name = block_device_mappings.value.device_name

      ebs {
        encrypted = true
      }
    }
  }
}
