variable "encrypt_volumes" {
  type        = bool
  description = "Off only in the performance lab"
}

resource "aws_ebs_volume" "bench" {
  availability_zone = "eu-west-1a"
  size              = 500
  encrypted         = var.encrypt_volumes
}
