variable "admin_ranges" {
  type        = list(string)
  description = "Where administrators sit"
}

resource "aws_security_group" "bastion" {
  name = "bastion"

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = var.admin_ranges
  }
}
