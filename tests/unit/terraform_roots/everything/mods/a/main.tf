variable "name" {}
variable "items" { 
 type = list(string)
 default = [] 
}
resource "terraform_data" "x" {
  count = length(var.items)
  input = "${var.name}/${var.items[count.index]}"
}
resource "terraform_data" "one" { input = upper(var.name) }
output "name" { value = terraform_data.one.input }
output "ids" { value = terraform_data.x[*].input }
