# The setting is left out where nobody asks for one: the account's own then decides.
variable "settings" {
  type    = list(any)
  default = []
}

resource "aws_ecs_cluster" "shop" {
  name = "shop"

  dynamic "setting" {
    for_each = var.settings

    content {
      name  = setting.value.name
      value = setting.value.value
    }
  }
}
