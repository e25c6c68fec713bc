resource "aws_workspaces_workspace" "alice" {
  directory_id = "d-9067123456"
  bundle_id    = "wsb-bh8rsxt14"
  user_name    = "alice"

  root_volume_encryption_enabled = true
  volume_encryption_key          = "alias/aws/workspaces"
}
