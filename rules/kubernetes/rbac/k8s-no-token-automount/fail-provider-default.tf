# Left out, the provider writes true for an account.
resource "kubernetes_service_account" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }
}
