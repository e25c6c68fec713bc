variable "verbs" {
  type = list(string)
}

resource "kubernetes_role_v1" "support" {
  metadata {
    name      = "support"
    namespace = "shop"
  }

  rule {
    api_groups = ["rbac.authorization.k8s.io"]
    resources  = ["roles"]
    verbs      = var.verbs
  }
}
