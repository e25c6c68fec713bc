resource "aws_network_acl_rule" "ssh" {
  network_acl_id = aws_network_acl.main.id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 22
  to_port        = 22
  cidr_block     = "0.0.0.0/0"
}

resource "aws_network_acl" "main" {
  vpc_id = "vpc-0a1b2c3d"
}

resource "aws_network_acl_rule" "rdp" {
  network_acl_id = "acl-0f1e2d3c"
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 3389
  to_port        = 3389
  cidr_block     = "0.0.0.0/0"
  egress         = false
}
