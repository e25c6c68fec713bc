account_id            = "123456789012"
office_cidrs          = ["198.51.100.0/27", "203.0.113.64/28"]
backup_retention_days = 14
bastion_image         = "ami-0b7f3c1d9e5a24f60"
