resource "aws_subnet" "private" {
  vpc_id     = "vpc-0a1b2c3d"
  cidr_block = "10.0.1.0/24"
}

resource "aws_subnet" "public" {
  vpc_id                  = "vpc-0a1b2c3d"
  cidr_block              = "10.0.0.0/24"
  map_public_ip_on_launch = true
}

resource "aws_launch_template" "private" {
  name = "private"

  network_interfaces {
    associate_public_ip_address = false
  }
}

resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.public.id

  launch_template {
    id = aws_launch_template.private.id
  }
}

resource "aws_launch_template" "fixed" {
  name = "fixed"

  network_interfaces {
    network_interface_id = "eni-0a1b2c3d4e5f60718"
  }
}

resource "aws_instance" "fixed" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  launch_template {
    id = aws_launch_template.fixed.id
  }
}

resource "aws_launch_template" "public" {
  name = "public"

  network_interfaces {
    associate_public_ip_address = true
  }
}

# The instance itself has the last word.
resource "aws_instance" "overridden" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.public.id

  associate_public_ip_address = false

  launch_template {
    id = aws_launch_template.public.id
  }
}
