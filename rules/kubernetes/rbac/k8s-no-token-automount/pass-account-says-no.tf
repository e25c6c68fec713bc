# The account says no; the pod must say it too, or the provider says yes for it.
resource "kubernetes_service_account_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }

  automount_service_account_token = false
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
        service_account_name            = kubernetes_service_account_v1.web.metadata[0].name
        automount_service_account_token = false

        container {
          name  = "web"
          image = "registry.example/web@sha256:9f1c4e2a0d5b7c8e3f6a1b2d4c5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70"
        }
      }
    }
  }
}
