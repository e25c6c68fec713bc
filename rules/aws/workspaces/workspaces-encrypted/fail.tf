resource "aws_workspaces_workspace" "alice" {
  directory_id = "d-9067123456"
  bundle_id    = "wsb-bh8rsxt14"
  user_name    = "alice"
}
