# Which of the interfaces is attached to the instance, only the variable tells.
variable "interface" {
  type = string
}

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
  network_interface_id = var.interface
  device_index         = 1
}

resource "aws_eip" "outside" {
  domain            = "vpc"
  network_interface = aws_network_interface.outside.id
}
