# The group stands in another root; what this rule adds to it is open, whatever else the group holds.
variable "group" {
  type = string
}

resource "aws_security_group_rule" "everything" {
  type              = "ingress"
  security_group_id = var.group
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
}
