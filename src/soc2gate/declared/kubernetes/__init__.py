"""Kubernetes manifests, YAML and JSON."""

from soc2gate.declared.kubernetes.manifests import read

__all__ = ["read"]
