# The block that turned rotation on until version 4 of the provider stands only where there are rules.
variable "rotation_rules" {
  type    = any
  default = null
}

resource "aws_secretsmanager_secret" "orders" {
  name = "orders"

  dynamic "rotation_rules" {
    for_each = var.rotation_rules != null ? [var.rotation_rules] : []

    content {
      automatically_after_days = rotation_rules.value.automatically_after_days
    }
  }
}
