# EFS turns backups on by itself where files stand in one zone only.
resource "aws_efs_file_system" "scratch" {
  creation_token         = "scratch"
  encrypted              = true
  availability_zone_name = "eu-west-1a"
}
