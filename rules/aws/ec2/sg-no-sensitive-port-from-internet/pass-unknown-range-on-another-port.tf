# Who may reach 8443 is not known here; that no database stands behind it is.
variable "customers" {
  type = list(string)
}

resource "aws_security_group" "api" {
  name = "api"

  ingress {
    from_port   = 8443
    to_port     = 8443
    protocol    = "tcp"
    cidr_blocks = var.customers
  }
}
