# None of the mappings comes to be: the image decides, as where none is written.
variable "mappings" {
  type    = list(any)
  default = []
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
