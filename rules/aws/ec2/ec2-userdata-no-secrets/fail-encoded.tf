# Encoded is not hidden.
resource "aws_launch_template" "workers" {
  name      = "workers"
  user_data = base64encode("#!/bin/bash\nmysql -u app --password=correct-horse-battery shop\n")
}

resource "aws_instance" "worker" {
  ami              = "ami-0c38b837cd80f13bb"
  instance_type    = "t3.micro"
  user_data_base64 = "IyEvYmluL2Jhc2gKZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjJodW50ZXIyCg=="
}
