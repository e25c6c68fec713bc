variable "v" {}
resource "terraform_data" "d" { 
  count = 1
  input = "${path.module} ${var.v}" 
}
output "v" { value = terraform_data.d[0].input }
