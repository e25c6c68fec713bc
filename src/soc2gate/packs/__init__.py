"""Rule packs, ours and the user's: reading them, checking them, and proving them by their fixtures."""

from soc2gate.packs.loading import builtin, load, rules_folder

__all__ = ["builtin", "load", "rules_folder"]
