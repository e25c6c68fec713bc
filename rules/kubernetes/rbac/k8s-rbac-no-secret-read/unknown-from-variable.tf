variable "verbs" {
  type = list(string)
}

resource "kubernetes_role_v1" "support" {
  metadata {
    name      = "support"
    namespace = "shop"
  }

  rule {
    api_groups = [""]
    resources  = ["secrets"]
    verbs      = var.verbs
  }
}
