resource "kubernetes_service" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }

  spec {
    type     = "LoadBalancer"
    selector = { app = "web" }

    port {
      port        = 443
      target_port = "8443"
    }
  }
}
