# What is launched without a group of its own lands in this one, and reaches nothing.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-default" })
}

# The load balancer: open to the internet on the ports it offers, and on no other.
resource "aws_security_group" "web" {
  name        = "${var.name}-web"
  description = "Load balancer of the shop"
  vpc_id      = aws_vpc.this.id

  dynamic "ingress" {
    for_each = var.web_ports

    content {
      description      = "${upper(ingress.key)} from the internet"
      protocol         = "tcp"
      from_port        = ingress.value
      to_port          = ingress.value
      cidr_blocks      = ["0.0.0.0/0"]
      ipv6_cidr_blocks = ["::/0"]
    }
  }

  egress {
    description = "To the pods"
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = [var.cidr]
  }

  tags = merge(var.tags, { Name = "${var.name}-web" })
}

# The bastion: SSH from the offices only.
resource "aws_security_group" "bastion" {
  name        = "${var.name}-bastion"
  description = "Sign-in host for staff"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-bastion" })
}

resource "aws_security_group_rule" "bastion_ssh" {
  security_group_id = aws_security_group.bastion.id
  type              = "ingress"
  description       = "SSH from the offices"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = var.office_cidrs
}

resource "aws_security_group_rule" "bastion_out" {
  security_group_id = aws_security_group.bastion.id
  type              = "egress"
  description       = "Updates and Session Manager"
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_security_group_rule" "bastion_database" {
  security_group_id        = aws_security_group.bastion.id
  type                     = "egress"
  description              = "Database maintenance"
  protocol                 = "tcp"
  from_port                = var.database_port
  to_port                  = var.database_port
  source_security_group_id = aws_security_group.db.id
}

# The database: from the network's own addresses and the bastion; it opens no connection itself.
resource "aws_security_group" "db" {
  name        = "${var.name}-db"
  description = "Shop database"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-db" })
}

resource "aws_vpc_security_group_ingress_rule" "db_from_network" {
  security_group_id = aws_security_group.db.id
  description       = "PostgreSQL from the pods"
  ip_protocol       = "tcp"
  from_port         = var.database_port
  to_port           = var.database_port
  cidr_ipv4         = var.cidr
}

resource "aws_vpc_security_group_ingress_rule" "db_from_bastion" {
  security_group_id            = aws_security_group.db.id
  description                  = "PostgreSQL from the bastion"
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
  referenced_security_group_id = aws_security_group.bastion.id
}
