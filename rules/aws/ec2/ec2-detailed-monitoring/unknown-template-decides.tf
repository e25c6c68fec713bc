resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  launch_template {
    id = "lt-0a1b2c3d4e5f60718"
  }
}
