variable "clients" {
  type = list(string)
}

resource "aws_security_group" "database" {
  name = "database"

  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = var.clients
  }
}
