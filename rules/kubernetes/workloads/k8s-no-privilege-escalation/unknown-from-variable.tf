variable "escalate" {
  type = bool
}

resource "kubernetes_deployment_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }

  spec {
    replicas = 2

    selector {
      match_labels = { app = "web" }
    }

    template {
      metadata {
        labels = { app = "web" }
      }

      spec {
        container {
          name  = "web"
          image = "registry.example/web@sha256:9f1c4e2a0d5b7c8e3f6a1b2d4c5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70"

          security_context {
            allow_privilege_escalation = var.escalate
          }
        }
      }
    }
  }
}
