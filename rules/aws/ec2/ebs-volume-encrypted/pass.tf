resource "aws_kms_key" "volumes" {
  description         = "Volumes of the orders service"
  enable_key_rotation = true
}

resource "aws_ebs_volume" "orders" {
  availability_zone = "eu-west-1a"
  size              = 100
  type              = "gp3"
  encrypted         = true
  kms_key_id        = aws_kms_key.volumes.arn

  tags = {
    Name = "orders-data"
  }
}
