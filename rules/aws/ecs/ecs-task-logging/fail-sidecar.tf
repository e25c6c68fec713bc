resource "aws_ecs_task_definition" "shop" {
  family = "shop"

  container_definitions = jsonencode([
    {
      name      = "web"
      image     = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.2"
      essential = true
      logConfiguration = { logDriver = "awslogs", options = { "awslogs-group" = "/shop", "awslogs-region" = "eu-west-1" } }
    },
    {
      name      = "proxy"
      image     = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/proxy:1.4.2"
      essential = true
    }
  ])
}
