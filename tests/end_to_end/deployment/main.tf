terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "3.39.0"
    }
  }
}

variable "endpoint" {
  type        = string
  description = "Where the account is."
}

variable "image" {
  type        = string
  description = "What instances start from."
}

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  s3_force_path_style         = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = false

  endpoints {
    acm            = var.endpoint
    apigateway     = var.endpoint
    backup         = var.endpoint
    cloudfront     = var.endpoint
    cloudtrail     = var.endpoint
    cloudwatch     = var.endpoint
    cloudwatchlogs = var.endpoint
    codebuild      = var.endpoint
    cognitoidp     = var.endpoint
    configservice  = var.endpoint
    docdb          = var.endpoint
    dynamodb       = var.endpoint
    ec2            = var.endpoint
    ecr            = var.endpoint
    ecs            = var.endpoint
    efs            = var.endpoint
    eks            = var.endpoint
    elb            = var.endpoint
    guardduty      = var.endpoint
    iam            = var.endpoint
    kinesis        = var.endpoint
    kms            = var.endpoint
    lambda         = var.endpoint
    mq             = var.endpoint
    neptune        = var.endpoint
    rds            = var.endpoint
    redshift       = var.endpoint
    s3             = var.endpoint
    sagemaker      = var.endpoint
    secretsmanager = var.endpoint
    sns            = var.endpoint
    sqs            = var.endpoint
    ssm            = var.endpoint
    sts            = var.endpoint
    wafv2          = var.endpoint
  }
}
