variable "a" { type = object({ name = string, opt = optional(list(string)) }) }
variable "b" { 
  type = string
  default = "bdef" 
}
variable "c" { 
  type = string
  default = "cdef"
  nullable = false 
}
variable "d" { type = list(object({ v = string, w = optional(set(string), ["dw"]) })) }
variable "e" { type = any }
variable "f" { type = map(list(string)) }
resource "terraform_data" "t" { input = [var.a, var.b, var.c, var.d, var.e, var.f] }
