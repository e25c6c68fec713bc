# The account may encrypt new volumes by default; this code does not say so.
resource "aws_ebs_volume" "scratch" {
  availability_zone = "eu-west-1a"
  size              = 40
}
