# Not written: the account's own setting decides.
resource "aws_ecs_cluster" "shop" {
  name = "shop"
}
