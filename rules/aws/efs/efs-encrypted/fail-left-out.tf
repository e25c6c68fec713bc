# The console ticks the box by itself; the API, and so the provider, creates without encryption.
resource "aws_efs_file_system" "uploads" {
  creation_token   = "uploads"
  performance_mode = "generalPurpose"
}
