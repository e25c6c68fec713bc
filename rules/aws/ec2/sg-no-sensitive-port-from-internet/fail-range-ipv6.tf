# A range that has a database in it, and only over IPv6.
resource "aws_security_group" "app" {
  name = "app"
}

resource "aws_vpc_security_group_ingress_rule" "everything_high" {
  security_group_id = aws_security_group.app.id
  cidr_ipv6         = "::/0"
  from_port         = 3000
  to_port           = 9999
  ip_protocol       = "tcp"
}
