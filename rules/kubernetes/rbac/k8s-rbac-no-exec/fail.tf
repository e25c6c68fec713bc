resource "kubernetes_cluster_role_v1" "support" {
  metadata {
    name = "support"
  }

  rule {
    api_groups = [""]
    resources  = ["pods", "pods/exec"]
    verbs      = ["get", "create"]
  }
}
