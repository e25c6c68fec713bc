"""The seam every format fits into: a root in, a `Reading` out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from soc2gate.declared.options import ReadOptions
from soc2gate.facts import dataclass
from soc2gate.model.resource import Reading, evaluation


@dataclass(frozen=True, slots=True)
class Root:
    """Files that are evaluated together."""

    format: str
    """`terraform`, `terraform-plan`, `cloudformation`, `kubernetes`."""
    path: str
    """A Terraform root module's folder, the path of a plan or template, a folder of manifests; POSIX, relative to the
    base."""
    files: tuple[str, ...]
    """Relative to the base, sorted."""
    environment: str = ""
    """Which of its sets of values it is evaluated with, where there are several."""

    @property
    def name(self) -> str:
        """What its evaluation is called: `infra (prod)`, or its path."""
        return evaluation(self.path, self.environment)


class Reader(Protocol):
    """Reads one root. Never raises for bad input: a broken file is a *broken* problem, the rest is still read."""

    def __call__(self, root: Root, base: Path, options: ReadOptions) -> Reading: ...
