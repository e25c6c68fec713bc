locals {
  name = "harbourline-${var.environment}"

  tags = {
    Environment = var.environment
    ManagedBy   = "terraform"
    Owner       = "platform"
  }

  # Buckets that only AWS services write to.
  log_buckets = {
    access-logs = { expire_days = 400 }
    cloudtrail  = { expire_days = 730 }
  }
}
