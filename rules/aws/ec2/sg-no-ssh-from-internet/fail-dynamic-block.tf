locals {
  open_ports = [80, 443, 22]
}

resource "aws_security_group" "web" {
  name = "web"

  dynamic "ingress" {
    for_each = local.open_ports

    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
