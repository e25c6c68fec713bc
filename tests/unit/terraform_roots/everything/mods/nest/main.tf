module "n1" { 
  source = "./deeper"
  for_each = toset(["p", "q"])
  v = each.value 
}
output "all" { value = { for k, m in module.n1 : k => m.v } }
