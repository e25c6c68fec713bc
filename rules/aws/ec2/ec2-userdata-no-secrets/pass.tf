data "aws_region" "current" {}

resource "aws_instance" "web" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"

  user_data = <<-EOT
    #!/bin/bash
    export DB_PASSWORD="$(aws secretsmanager get-secret-value --secret-id shop/db --query SecretString --output text)"
    systemctl start shop
  EOT
}

# An identifier of something that the same code makes is no credential, whatever it will be.
resource "aws_efs_file_system" "shared" {
  encrypted = true
}

resource "aws_instance" "worker" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
  user_data     = "#!/bin/bash\nmount -t efs ${aws_efs_file_system.shared.id}:/ /srv\n"
}

resource "aws_instance" "nothing_said" {
  ami           = "ami-0c38b837cd80f13bb"
  instance_type = "t3.micro"
}

resource "aws_launch_template" "workers" {
  name      = "workers"
  user_data = base64encode("#!/bin/bash\nsystemctl start worker\n")
}
