# Harbourline sells an online shop to marinas and sailing clubs. This root holds everything the production account
# needs that is not part of a single service: network, database, buckets, keys, the audit trail and access.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
}

module "network" {
  source = "./modules/network"

  name                = local.name
  cidr                = var.vpc_cidr
  availability_zones  = [for zone in ["a", "b"] : "${var.region}${zone}"]
  office_cidrs        = var.office_cidrs
  flow_log_bucket_arn = aws_s3_bucket.logs["access-logs"].arn
  tags                = local.tags
}
