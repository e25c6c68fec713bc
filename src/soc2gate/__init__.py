"""soc2gate: one set of SOC 2 rules, asked of infrastructure code and of the running account and cluster."""

from soc2gate.version import __version__

__all__ = ["__version__"]
