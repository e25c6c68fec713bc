resource "kubernetes_cluster_role" "deployer" {
  metadata {
    name = "deployer"
  }

  rule {
    api_groups = ["apps"]
    resources  = ["deployments"]
    verbs      = ["*"]
  }
}
