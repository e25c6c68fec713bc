# The lowest number decides: both ports are closed before everything is opened.
resource "aws_network_acl" "public" {
  vpc_id = "vpc-0a1b2c3d"

  ingress {
    rule_no    = 80
    action     = "deny"
    protocol   = "tcp"
    from_port  = 22
    to_port    = 22
    cidr_block = "0.0.0.0/0"
  }

  ingress {
    rule_no    = 81
    action     = "deny"
    protocol   = "tcp"
    from_port  = 3389
    to_port    = 3389
    cidr_block = "0.0.0.0/0"
  }

  ingress {
    rule_no         = 82
    action          = "deny"
    protocol        = "tcp"
    from_port       = 22
    to_port         = 22
    ipv6_cidr_block = "::/0"
  }

  ingress {
    rule_no         = 83
    action          = "deny"
    protocol        = "tcp"
    from_port       = 3300
    to_port         = 3400
    ipv6_cidr_block = "::/0"
  }

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  ingress {
    rule_no         = 101
    action          = "allow"
    protocol        = "-1"
    from_port       = 0
    to_port         = 0
    ipv6_cidr_block = "::/0"
  }
}

resource "aws_network_acl" "split" {
  vpc_id = "vpc-0a1b2c3d"
}

resource "aws_network_acl_rule" "deny_admin" {
  network_acl_id = aws_network_acl.split.id
  rule_number    = 90
  rule_action    = "DENY"
  protocol       = "tcp"
  from_port      = 0
  to_port        = 6000
  cidr_block     = "0.0.0.0/0"
}

resource "aws_network_acl_rule" "allow_all" {
  network_acl_id = aws_network_acl.split.id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "all"
  cidr_block     = "0.0.0.0/0"
}
