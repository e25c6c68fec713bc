locals {
  name = "harbourline-${var.environment}"

  tags = {
    Environment = var.environment
    ManagedBy   = "terraform"
    Owner       = "platform"
  }

  # Buckets that only AWS services write to.
  log_buckets = {
    access-logs = { expire_days = 400, data = "log", locked = false }
    cloudtrail  = { expire_days = 730, data = "evidence", locked = true }
  }
}
