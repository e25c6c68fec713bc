resource "kubernetes_role_v1" "support" {
  metadata {
    name      = "support"
    namespace = "shop"
  }

  rule {
    api_groups = [""]
    resources  = ["configmaps"]
    verbs      = ["get", "list"]
  }
}
