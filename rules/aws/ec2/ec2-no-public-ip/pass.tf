resource "aws_subnet" "private" {
  vpc_id     = "vpc-0a1b2c3d"
  cidr_block = "10.0.1.0/24"
}

resource "aws_subnet" "public" {
  vpc_id                  = "vpc-0a1b2c3d"
  cidr_block              = "10.0.0.0/24"
  map_public_ip_on_launch = true
}

resource "aws_instance" "private_subnet" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.private.id
}

resource "aws_instance" "said_no" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.public.id

  associate_public_ip_address = false
}

resource "aws_instance" "own_interface" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  network_interface {
    device_index         = 0
    network_interface_id = aws_network_interface.fixed.id
  }
}

resource "aws_network_interface" "fixed" {
  subnet_id = aws_subnet.public.id
}

# For the gateway, not for an instance.
resource "aws_eip" "nat" {
  domain = "vpc"
}
