# Some container may be added, and nobody knows with which rights.
variable "helpers" {
  type = any
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
        dynamic "init_container" {
          for_each = var.helpers
          content {
            name  = init_container.value.name
            image = init_container.value.image

            security_context {
              privileged = init_container.value.privileged
            }
          }
        }

        container {
          name  = "web"
          image = "registry.example/web@sha256:9f1c4e2a0d5b7c8e3f6a1b2d4c5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70"
        }
      }
    }
  }
}
