
resource "aws_lb" "shop" {
  name               = "shop"
  load_balancer_type = "gateway"
  subnets            = ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"]
}
