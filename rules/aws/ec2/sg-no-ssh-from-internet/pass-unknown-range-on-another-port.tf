# Who may reach port 443 is not known here; that port 22 is closed is.
variable "customers" {
  type = list(string)
}

resource "aws_security_group" "api" {
  name = "api"

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = var.customers
  }
}
