resource "aws_security_group" "web" {
  name = "web"

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    description = "Everything between the members"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    self        = true
  }
}
