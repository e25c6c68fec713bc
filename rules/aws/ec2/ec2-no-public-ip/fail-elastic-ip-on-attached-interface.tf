# A second interface is attached apart, and the address is put on that.
resource "aws_subnet" "private" {
  vpc_id                  = "vpc-0a1b2c3d"
  cidr_block              = "10.0.1.0/24"
  map_public_ip_on_launch = false
}

resource "aws_instance" "web" {
  ami           = "ami-0a1b2c3d4e5f67890"
  instance_type = "t3.small"
  subnet_id     = aws_subnet.private.id
}

resource "aws_network_interface" "outside" {
  subnet_id = aws_subnet.private.id
}

resource "aws_network_interface_attachment" "outside" {
  instance_id          = aws_instance.web.id
  network_interface_id = aws_network_interface.outside.id
  device_index         = 1
}

resource "aws_eip" "web" {
  domain            = "vpc"
  network_interface = aws_network_interface.outside.id
}

# This one says itself whose it is.
resource "aws_instance" "mail" {
  ami           = "ami-0a1b2c3d4e5f67890"
  instance_type = "t3.small"
  subnet_id     = aws_subnet.private.id
}

resource "aws_network_interface" "mail" {
  subnet_id = aws_subnet.private.id

  attachment {
    instance     = aws_instance.mail.id
    device_index = 1
  }
}

resource "aws_eip_association" "mail" {
  allocation_id        = "eipalloc-0a1b2c3d"
  network_interface_id = aws_network_interface.mail.id
}
