resource "kubernetes_ingress_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }

  spec {
    rule {
      host = "shop.example.com"

      http {
        path {
          path = "/"

          backend {
            service {
              name = "web"

              port {
                number = 80
              }
            }
          }
        }
      }
    }

    tls {
      hosts       = ["shop.example.com"]
      secret_name = "shop-tls"
    }
  }
}
