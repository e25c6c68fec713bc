variable "subnet_id" {
  type = string
}

resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = var.subnet_id
}

# A default subnet is taken.
resource "aws_instance" "nowhere" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

}

resource "aws_instance" "template_elsewhere" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  subnet_id     = var.subnet_id

  launch_template {
    id = "lt-0a1b2c3d4e5f60718"
  }
}
