variable "plain" { default = "d" }
variable "env" { default = "d" }
variable "tfv" { default = "d" }
variable "auto" { default = "d" }
variable "num" { 
  type = number
  default = "5" 
}
variable "lst" {
  type = list(string)
  default = [1, true, "x"]
}
variable "st" {
  type = set(string)
  default = ["b", "a", "b"]
}
variable "mp" {
  type = map(number)
  default = { b = "2", a = 1 }
}
variable "obj" {
  type = object({
    name = string
    size = optional(number, 3)
    tags = optional(map(string), {})
    deep = optional(object({ x = optional(string, "dx"), y = optional(string) }), {})
    list = optional(list(object({ p = number, q = optional(string, "dq") })), [])
  })
  default = { name = "n", list = [{ p = "1" }, { p = 2, q = null }] }
}
variable "tup" {
  type = tuple([string, number])
  default = [1, "2"]
}
variable "anyl" {
  type = list(any)
  default = [1, "a"]
}
variable "nn" {
  type = string
  default = "nndef"
  nullable = false
}
variable "nul" {
  type = string
  default = null
}
locals {
  later = local.earlier
  earlier = "e"
  m = { for k, v in var.mp : k => v * 2 }
  cidrs = [for i in range(3) : cidrsubnet("10.0.0.0/16", 8, i)]
}
resource "terraform_data" "single" { input = [var.plain, var.env, var.tfv, var.auto, var.num, var.lst, var.st, var.mp, var.obj, var.tup, var.anyl, var.nn, var.nul] }
resource "terraform_data" "loc" { input = [local.later, local.m, local.cidrs] }
resource "terraform_data" "zero" { 
  count = 0 
  input = 1
}
resource "terraform_data" "three" { 
  count = length(var.lst)
  input = "${count.index}-${var.lst[count.index]}"
}
resource "terraform_data" "cond" { 
  count = var.plain == "d" ? 1 : 0
  input = terraform_data.three[*].input
}
resource "terraform_data" "each" {
  for_each = var.mp
  input = [each.key, each.value]
}
resource "terraform_data" "eachs" {
  for_each = toset([for s in var.st : upper(s)])
  input = [each.key, each.value, terraform_data.each["a"].input]
}
resource "terraform_data" "eacho" {
  for_each = { x = { n = 1 }, "y z" = { n = 2 }, "q\"w" = { n = 3 }, "é\n" = {n=4} }
  input = each.value.n
}
resource "terraform_data" "chain" {
  for_each = terraform_data.each
  input = each.value.input[1]
}
resource "terraform_data" "whole" {
  input = { for k, v in terraform_data.eacho : k => v.input }
}
resource "terraform_data" "paths" {
  input = [path.module, path.root, terraform.workspace, basename(path.module)]
}
module "a" {
  source = "./mods/a"
  count = 2
  name = "m${count.index}"
  items = var.lst
}
module "b" {
  source = "./mods/b"
  for_each = { one = 1, two = 2 }
  prefix = each.key
  n = each.value
  list = module.a[*].name
}
module "single" {
  source = "./mods/a"
  name = "s"
}
resource "terraform_data" "outs" {
  input = [module.a[0].name, module.a[*].ids, [for k, m in module.b : "${k}:${m.total}"], module.single, module.b["one"].inner]
}
module "types" {
  source = "./mods/types"
  a = { name = "x", extra = 1 }
  b = null
  c = null
  d = [{ v = 1 }, { v = "2", w = [3] }]
  e = ["x"]
  f = { a = [1, 2], b = [] }
}
module "nest" { source = "./mods/nest" }
moved { 
  from = terraform_data.old
  to = terraform_data.single
}
check "c" { 
  assert { 
    condition = var.plain != ""
    error_message = "x"
  } 
}
removed { 
  from = terraform_data.gone 
  lifecycle { 
    destroy = false 
  }
}
output "o" { value = module.nest }
