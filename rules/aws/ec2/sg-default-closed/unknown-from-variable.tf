variable "allowed" {
  type = list(string)
}

resource "aws_default_security_group" "default" {
  vpc_id = "vpc-0a1b2c3d"

  dynamic "ingress" {
    for_each = var.allowed

    content {
      protocol    = "tcp"
      from_port   = 443
      to_port     = 443
      cidr_blocks = [ingress.value]
    }
  }
}
