resource "aws_kms_key" "files" {
  description         = "Shared files"
  enable_key_rotation = true
}

resource "aws_efs_file_system" "uploads" {
  creation_token = "uploads"
  encrypted      = true
  kms_key_id     = aws_kms_key.files.arn

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }
}
