variable "encrypt" {
  type    = bool
  default = false
}

resource "aws_ebs_volume" "worker" {
  count             = 2
  availability_zone = "eu-west-1${count.index == 0 ? "a" : "b"}"
  size              = 20
  encrypted         = var.encrypt
}
