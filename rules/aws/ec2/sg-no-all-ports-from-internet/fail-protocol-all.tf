resource "aws_security_group" "open" {
  name = "open"

  ingress {
    from_port        = 0
    to_port          = 0
    protocol         = "all"
    ipv6_cidr_blocks = ["::/0"]
  }
}
