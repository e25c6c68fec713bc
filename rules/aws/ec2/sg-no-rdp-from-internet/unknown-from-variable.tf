variable "rdp_port" {
  type = number
}

resource "aws_security_group" "terminal" {
  name = "terminal-servers"

  ingress {
    from_port   = var.rdp_port
    to_port     = var.rdp_port
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
