# The address is put on the network interface, and nothing on the instance tells of it.
resource "aws_subnet" "private" {
  vpc_id                  = "vpc-0a1b2c3d"
  cidr_block              = "10.0.1.0/24"
  map_public_ip_on_launch = false
}

resource "aws_network_interface" "web" {
  subnet_id = aws_subnet.private.id
}

resource "aws_instance" "web" {
  ami           = "ami-0a1b2c3d4e5f67890"
  instance_type = "t3.small"

  network_interface {
    network_interface_id = aws_network_interface.web.id
    device_index         = 0
  }
}

resource "aws_eip" "web" {
  domain            = "vpc"
  network_interface = aws_network_interface.web.id
}
