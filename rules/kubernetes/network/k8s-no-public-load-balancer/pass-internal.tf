resource "kubernetes_service_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"

    annotations = {
      "service.beta.kubernetes.io/aws-load-balancer-internal" = "true"
    }
  }

  spec {
    type     = "LoadBalancer"
    selector = { app = "web" }

    port {
      port = 443
    }
  }
}
