resource "terraform_data" "over" { 
  input = "orig" 
  triggers_replace = [1]
}
