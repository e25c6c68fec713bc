# `gzip | base64` of a script that exports a password.
resource "aws_instance" "worker" {
  ami              = "ami-0c38b837cd80f13bb"
  instance_type    = "t3.micro"
  user_data_base64 = "H4sIAAAAAAACA1NW1E/KzNNPSizO4EqtKMgvKlFwcYoPcAwODvcPcrHNKM0rSS0yglJcAOlRgy4uAAAA"
}
