# A default subnet gives public addresses unless code says otherwise.
resource "aws_default_subnet" "a" {
  availability_zone = "eu-west-1a"
}
