variable "containers" {
  type = string
}

resource "aws_ecs_task_definition" "shop" {
  family = "shop"

  container_definitions = var.containers
}
