# A controller as it was written before 2.0 of the provider: its template is the pod's spec itself.
resource "kubernetes_replication_controller" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }

  spec {
    selector = { app = "web" }

    template {
      container {
        name  = "web"
        image = "registry.example/web@sha256:9f1c4e2a0d5b7c8e3f6a1b2d4c5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70"

        security_context {
          privileged = true
        }
      }
    }
  }
}
