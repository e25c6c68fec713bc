resource "kubernetes_cluster_role" "support" {
  metadata {
    name = "support"
  }

  rule {
    api_groups = [""]
    resources  = ["secrets"]
    verbs      = ["watch"]
  }
}
