# Nothing here says "public": the subnet gives every instance an address.

resource "aws_subnet" "private" {
  vpc_id     = "vpc-0a1b2c3d"
  cidr_block = "10.0.1.0/24"
}

resource "aws_subnet" "public" {
  vpc_id                  = "vpc-0a1b2c3d"
  cidr_block              = "10.0.0.0/24"
  map_public_ip_on_launch = true
}

resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.public.id
}

# Its interfaces are left to the instance.
resource "aws_launch_template" "plain" {
  name = "plain"

  network_interfaces {
    delete_on_termination = true
  }
}

resource "aws_instance" "from_template" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.public.id

  launch_template {
    id = aws_launch_template.plain.id
  }
}
