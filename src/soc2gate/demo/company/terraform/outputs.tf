output "vpc_id" {
  description = "The production network."
  value       = module.network.vpc_id
}

output "data_key_arn" {
  description = "The key that services encrypt data at rest with."
  value       = aws_kms_key.data.arn
}

output "database_endpoint" {
  description = "Where the shop finds its database."
  value       = aws_db_instance.shop.endpoint
}
