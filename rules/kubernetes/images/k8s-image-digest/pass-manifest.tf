resource "kubernetes_manifest" "web" {
  manifest = {
    apiVersion = "v1"
    kind       = "Pod"

    metadata = {
      name      = "web"
      namespace = "shop"
    }

    spec = {
      containers = [{
        name  = "web"
        image = "registry.example/web:1.4"
      }]
    }
  }
}
