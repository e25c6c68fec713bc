output "vpc_id" {
  value = aws_vpc.this.id
}

output "public_subnet_ids" {
  value = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  value = aws_subnet.private[*].id
}

output "security_group_ids" {
  value = {
    web     = aws_security_group.web.id
    bastion = aws_security_group.bastion.id
    db      = aws_security_group.db.id
  }
}
