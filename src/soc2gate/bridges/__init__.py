"""Other tools' results, beside ours: checkov run as a child or read from its JSON, SARIF, and Prowler's OCSF.

Nothing here is imported by a scan that does not ask for it, and no other tool is ever imported at all.
"""

from __future__ import annotations

from pathlib import Path

from soc2gate.facts import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose results a person wants beside ours."""

    checkov: bool = False
    """Run checkov."""
    checkov_json: tuple[Path, ...] = ()
    """Files that `checkov -o json` wrote."""
    results: tuple[Path, ...] = ()
    """SARIF files, and Prowler's OCSF."""

    def __bool__(self) -> bool:
        return self.checkov or bool(self.checkov_json) or bool(self.results)
