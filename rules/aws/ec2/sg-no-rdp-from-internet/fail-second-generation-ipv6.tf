resource "aws_security_group" "terminal" {
  name = "terminal-servers"
}

resource "aws_vpc_security_group_ingress_rule" "rdp" {
  security_group_id = aws_security_group.terminal.id
  cidr_ipv6         = "::/0"
  from_port         = 3000
  to_port           = 4000
  ip_protocol       = "tcp"
}
