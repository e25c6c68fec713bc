variable "rotate" {
  type = bool
}

resource "aws_kms_key" "orders" {
  description         = "Data of the orders service"
  enable_key_rotation = var.rotate
}
