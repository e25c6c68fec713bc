# Left out, the provider writes `default`.
resource "kubernetes_config_map" "settings" {
  metadata {
    name = "settings"
  }

  data = {
    "log-level" = "info"
  }
}
