variable "region" {
  description = "Where production runs."
  type        = string
  default     = "eu-west-1"
}

variable "account_id" {
  description = "The production account; Terraform refuses to touch any other."
  type        = string
}

variable "environment" {
  description = "Part of every name."
  type        = string
  default     = "prod"
}

variable "vpc_cidr" {
  description = "Address range of the network; subnets are cut from it."
  type        = string
  default     = "10.20.0.0/16"
}

variable "office_cidrs" {
  description = "Where staff may reach the bastion from."
  type        = list(string)
}

variable "backup_retention_days" {
  description = "How long automated database backups are kept."
  type        = number
  default     = 7
}

variable "database" {
  description = "Size of the shop database."
  type = object({
    instance_class = string
    storage_gb     = number
  })
  default = {
    instance_class = "db.t4g.medium"
    storage_gb     = 50
  }
}

variable "bastion_image" {
  description = "Hardened Amazon Linux image, built every month."
  type        = string
}
