resource "aws_security_group" "legacy" {
  name = "legacy"

  ingress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/1", "128.0.0.0/1"]
  }
}
