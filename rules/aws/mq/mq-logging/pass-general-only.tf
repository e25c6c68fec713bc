# All that RabbitMQ has.
variable "password" {
  type      = string
  sensitive = true
}

resource "aws_mq_broker" "orders" {
  broker_name         = "orders"
  engine_type         = "RabbitMQ"
  engine_version      = "3.13"
  host_instance_type  = "mq.m5.large"

  user {
    username = "orders"
    password = var.password
  }

  logs {
    general = true
  }
}
