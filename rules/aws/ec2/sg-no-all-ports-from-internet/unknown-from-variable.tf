variable "partner_ranges" {
  type = list(string)
}

resource "aws_security_group" "partners" {
  name = "partners"

  ingress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = var.partner_ranges
  }
}
