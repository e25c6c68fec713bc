variable "resources" {
  type = list(string)
}

resource "kubernetes_role_v1" "support" {
  metadata {
    name      = "support"
    namespace = "shop"
  }

  rule {
    api_groups = [""]
    resources  = var.resources
    verbs      = ["get", "create"]
  }
}
