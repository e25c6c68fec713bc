"""Which readers and reporters there are: ours by hand, guests only where the configuration names them.

Looking entry points up costs more than a small scan, so it happens for guests alone. A guest that fails to load is a
problem that names it, and the run goes on: what it would have read was not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from soc2gate.facts import dataclass, field
from soc2gate.model.resource import Problem, Weight

READERS: Mapping[str, str] = {
    "cloudformation": "soc2gate.declared.cloudformation:read",
    "helm": "soc2gate.declared.kubernetes.helm:read",
    "kubernetes": "soc2gate.declared.kubernetes:read",
    "kustomize": "soc2gate.declared.kubernetes.kustomize_build:read",
    "terraform": "soc2gate.declared.terraform:read",
    "terraform-plan": "soc2gate.declared.terraform.plan:read",
}
"""Format to what reads one root of it: `declared.source.Reader`."""

REPORTERS: Mapping[str, str] = {
    "text": "soc2gate.output.text:render",
    "json": "soc2gate.output.json:render",
    "sarif": "soc2gate.output.sarif:render",
    "junit": "soc2gate.output.junit:render",
    "markdown": "soc2gate.output.markdown:render",
    "html": "soc2gate.output.html:render",
    "gitlab-quality": "soc2gate.output.gitlab:render_quality",
    "gitlab-sast": "soc2gate.output.gitlab:render_sast",
}
"""Format to what renders a finished run, in the order that help lists them."""

SUFFIXES: Mapping[str, str] = {
    ".json": "json",
    ".sarif": "sarif",
    ".xml": "junit",
    ".md": "markdown",
    ".html": "html",
}
"""What a file's name says about the format wanted in it; text otherwise."""

ALSO: Mapping[str, Sequence[str]] = {".json": ("gitlab-quality", "gitlab-sast")}
"""Other formats that such a file may hold, where they were asked for."""

_IMPORT_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What importing a module that is broken or badly installed raises."""

GROUPS = ("soc2gate.sources", "soc2gate.kinds", "soc2gate.live", "soc2gate.reporters")
"""Entry-point groups for guests."""


def load(dotted: str) -> Any:
    """The object that `package.module:name` stands for. Raises what importing raises."""
    # Imported here: importlib is loaded by Python itself, its public face is not.
    from importlib import import_module

    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True, slots=True)
class Guests:
    """What the named plugins bring, by entry-point group and name, and what could not be loaded."""

    loaded: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def load_guests(names: Sequence[str]) -> Guests:
    """Load the entry points of these names; none are looked up when there are no names."""
    if not names:
        return Guests()
    from importlib.metadata import entry_points

    loaded: dict[str, dict[str, Any]] = {}
    problems = []
    for name in dict.fromkeys(names):
        entries = [entry for group in GROUPS for entry in entry_points(group=group, name=name)]
        if not entries:
            message = f"plugin {name} is not installed"
            problems.append(Problem(Weight.GAP, "plugins", message, hint=f"groups looked in: {', '.join(GROUPS)}"))
        for entry in entries:
            try:
                loaded.setdefault(entry.group, {})[name] = entry.load()
            except _IMPORT_ERRORS as error:
                message = f"plugin {name} cannot be loaded: {type(error).__name__}: {error}"
                problems.append(Problem(Weight.GAP, "plugins", message, hint=f"it is {entry.value} in {entry.group}"))
    return Guests(loaded, tuple(problems))
