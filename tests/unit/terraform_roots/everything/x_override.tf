resource "terraform_data" "over" { input = "overridden" }
locals { earlier = "over" }
variable "plain" { default = "overd" }
