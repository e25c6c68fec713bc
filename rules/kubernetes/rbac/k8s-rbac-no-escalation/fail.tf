resource "kubernetes_cluster_role_v1" "support" {
  metadata {
    name = "support"
  }

  rule {
    api_groups = ["rbac.authorization.k8s.io"]
    resources  = ["clusterroles"]
    verbs      = ["bind"]
  }
}
