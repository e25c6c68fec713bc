variable "boot_script" {
  type = string
}

resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  user_data     = var.boot_script
}

resource "aws_launch_template" "workers" {
  name      = "workers"
  user_data = base64encode(var.boot_script)
}
