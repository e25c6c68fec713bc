variable "monitoring" {
  type = bool
}

resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  monitoring    = var.monitoring
}
