resource "aws_kms_key" "orders" {
  description             = "Data of the orders service"
  deletion_window_in_days = 30
}
