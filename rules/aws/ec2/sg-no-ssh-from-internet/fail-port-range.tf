resource "aws_security_group" "imported" {
  name = "imported"

  ingress {
    from_port   = 20
    to_port     = 1024
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
