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
}

resource "aws_eip" "web" {
  domain   = "vpc"
  instance = aws_instance.web.id
}

resource "aws_instance" "mail" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.private.id
}

resource "aws_eip" "mail" {
  domain = "vpc"
}

resource "aws_eip_association" "mail" {
  instance_id   = aws_instance.mail.id
  allocation_id = aws_eip.mail.id
}
