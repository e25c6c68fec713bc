variable "public" {
  type = bool
}

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
  subnet_id     = aws_subnet.private.id

  associate_public_ip_address = var.public
}
