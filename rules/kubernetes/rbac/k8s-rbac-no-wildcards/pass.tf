resource "kubernetes_role_v1" "deployer" {
  metadata {
    name      = "deployer"
    namespace = "shop"
  }

  rule {
    api_groups = ["apps"]
    resources  = ["deployments"]
    verbs      = ["get", "patch"]
  }
}
