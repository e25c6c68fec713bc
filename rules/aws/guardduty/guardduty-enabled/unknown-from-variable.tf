variable "guard" {
  type = bool
}

resource "aws_guardduty_detector" "this" {
  enable = var.guard
}
