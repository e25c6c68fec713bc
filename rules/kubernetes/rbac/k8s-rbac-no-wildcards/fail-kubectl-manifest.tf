resource "kubectl_manifest" "deployer" {
  yaml_body = <<-YAML
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: deployer
    rules:
      - apiGroups: ["*"]
        resources: ["*"]
        verbs: ["get"]
  YAML
}
