resource "aws_security_group" "terminal" {
  name = "terminal-servers"

  ingress {
    from_port   = 3389
    to_port     = 3389
    protocol    = "tcp"
    cidr_blocks = ["10.20.0.0/16", "0.0.0.0/0"]
  }
}
