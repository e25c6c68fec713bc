"""The seam every format fits into: a root in, a `Reading` out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from soc2gate.declared.options import ReadOptions
from soc2gate.facts import dataclass
from soc2gate.model.resource import Reading, Span, evaluation
from soc2gate.model.value import Unknown

if TYPE_CHECKING:
    from soc2gate.declared.kubernetes.substitution import Substitution


@dataclass(frozen=True, slots=True)
class Deployment:
    """One way in which a chart or an overlay is deployed."""

    folder: str
    """The chart or overlay; POSIX, relative to the base."""
    values: tuple[tuple[str, str], ...] = ()
    """In order, later ones win: (path, "") is a values file relative to the base, (name, text) is YAML."""
    sets: tuple[tuple[str, str], ...] = ()
    """Helm's `--set` flags in order: (`--set-string`, `image.tag=1`)."""
    release: str = ""
    namespace: str = ""
    overlay: str = ""
    """What is laid over an overlay, as the JSON of a kustomization."""
    told_by: Span | None = None
    """What says so: an Application, a HelmRelease, a `helm_release`; None for a convention or the configuration."""
    stand_ins: tuple[tuple[str, Unknown], ...] = ()
    """Texts in `values` and `sets` that stand for what is not known."""
    substitution: Substitution | None = None
    """Of an overlay or a folder of manifests: what Flux fills into what is built of it."""


@dataclass(frozen=True, slots=True)
class Root:
    """Files that are evaluated together."""

    format: str
    """`terraform`, `terraform-plan`, `cloudformation`, `kubernetes`, `helm`, `kustomize`."""
    path: str
    """A Terraform root module's folder, the path of a plan or template, a folder of manifests, a chart, an overlay;
    POSIX, relative to the base. Where one chart or overlay is deployed in several ways, `FOLDER@WAY`."""
    files: tuple[str, ...]
    """Relative to the base, sorted."""
    environment: str = ""
    """Which of its sets of values it is evaluated with, where there are several."""

    deployment: Deployment | None = None
    """Of a chart or overlay: how it is deployed, where something says so."""

    @property
    def name(self) -> str:
        """What its evaluation is called: `infra (prod)`, or its path."""
        return evaluation(self.path, self.environment)

    @property
    def folder(self) -> str:
        """The chart or overlay itself, however it is deployed."""
        return self.deployment.folder if self.deployment is not None else self.path


class Reader(Protocol):
    """Reads one root. Never raises for bad input: a broken file is a *broken* problem, the rest is still read."""

    def __call__(self, root: Root, base: Path, options: ReadOptions) -> Reading: ...
