resource "kubernetes_cluster_role_binding" "deployer" {
  metadata {
    name = "deployer"
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = "cluster-admin"
  }

  subject {
    kind      = "ServiceAccount"
    name      = "deployer"
    namespace = "ci"
  }
}
