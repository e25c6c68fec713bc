resource "kubernetes_namespace" "shop" {
  metadata {
    name = "shop"

    labels = {
      "pod-security.kubernetes.io/enforce" = "restricted"
    }
  }
}
