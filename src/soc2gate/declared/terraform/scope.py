"""Where an expression is evaluated: what names mean there, and what one evaluation shares and counts."""

from __future__ import annotations

from typing import Protocol

from soc2gate.declared.options import Limits
from soc2gate.declared.terraform.files import Files
from soc2gate.declared.terraform.tree import Node, Step
from soc2gate.declared.terraform.values import Val
from soc2gate.errors import RefusedError

MOST_WORK = 5_000_000
"""Elements made and nodes copied, in one reading. 50,000 resources take about a tenth of it."""
LONGEST_TEXT = 20_000_000


class Place(Protocol):
    """Where names that no for expression gave are looked up: a module, or the variables of a template."""

    def resolve(self, root: str, steps: tuple[Step, ...], scope: Scope) -> tuple[Val, int]:
        """The value of `root` and its first steps, and how many steps that used up."""
        ...


class Context:
    """What one evaluation shares: limits, and what the evaluator has counted."""

    __slots__ = ("doubts", "files", "folder", "limits", "parsed", "templates", "work")

    def __init__(self, limits: Limits, files: Files | None = None, folder: str = "") -> None:
        self.limits = limits
        self.files = files
        """None where no file may be read: in a variables file."""
        self.folder = folder
        """The root module's folder; the paths functions name are relative to it."""
        self.doubts = 0
        """Operations so far that would fail for some values of the unknowns."""
        self.templates = 0
        """Template files being rendered around what is evaluated now."""
        self.parsed: dict[str, Node] = {}
        """Template files by path."""
        self.work = 0

    def spend(self, steps: int) -> None:
        """Count work done; hostile input runs into an end, real input never does."""
        self.work += steps
        if self.work > MOST_WORK:
            raise RefusedError(f"evaluating this root takes more than {MOST_WORK} steps")

    def made_text(self, length: int) -> None:
        """Count a text that was put together."""
        if length > LONGEST_TEXT:
            raise RefusedError(f"a text of more than {LONGEST_TEXT} characters")
        self.spend(length >> 5)


class Scope:
    """What a name means at one point: names of for expressions and iterators, then the place."""

    __slots__ = ("context", "names", "place")

    def __init__(self, place: Place, context: Context, names: dict[str, Val] | None = None) -> None:
        self.place = place
        self.context = context
        self.names = names if names is not None else {}

    def inner(self, **names: Val) -> Scope:
        """A scope within this one; the caller may set more names in it."""
        return Scope(self.place, self.context, {**self.names, **names})
