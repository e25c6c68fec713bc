# Closed in one place, opened in another.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "forgotten" {
  security_group_id = aws_vpc.main.default_security_group_id
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "-1"
}
