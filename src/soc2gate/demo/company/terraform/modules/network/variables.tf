variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "availability_zones" {
  type = list(string)
}

variable "office_cidrs" {
  description = "Where staff may reach the bastion from."
  type        = list(string)
}

variable "admin_ports" {
  description = "What nobody but the offices may reach, and the offices over SSH only."
  type        = list(number)
  default     = [22, 3389]
}

variable "web_ports" {
  description = "What the load balancer offers to the internet."
  type        = map(number)
  default = {
    http  = 80
    https = 443
  }
}

variable "database_port" {
  type    = number
  default = 5432
}

variable "flow_log_bucket_arn" {
  type = string
}

variable "tags" {
  type    = map(string)
  default = {}
}
