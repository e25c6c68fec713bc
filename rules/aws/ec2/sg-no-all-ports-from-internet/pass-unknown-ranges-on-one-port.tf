# From where, only the variable tells; it is one port, however many ranges there are.
variable "ranges" {
  type = list(string)
}

resource "aws_security_group" "web" {
  name = "web"

  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = var.ranges
  }
}
