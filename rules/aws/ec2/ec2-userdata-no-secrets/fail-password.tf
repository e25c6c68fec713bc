# The part that is not known changes nothing of what stands there.
variable "environment" {
  type = string
}

resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  user_data     = "#!/bin/bash\nexport STAGE=${var.environment}\nexport DB_PASSWORD=hunter2hunter2\n"
}
