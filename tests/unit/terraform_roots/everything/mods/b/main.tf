variable "prefix" {}
variable "n" {}
variable "list" {}
module "inner" {
  source = "../a"
  name = var.prefix
  items = slice(concat(var.list, ["z"]), 0, var.n)
}
output "total" { value = "${var.n}-${join(",", module.inner.ids)}" }
output "inner" { value = module.inner }
