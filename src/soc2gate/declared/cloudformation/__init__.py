"""CloudFormation templates, YAML and JSON."""

from soc2gate.declared.cloudformation.template import read

__all__ = ["read"]
