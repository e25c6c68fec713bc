"""What one reading of one root shares: problems, files, the folders read so far, and how deep it is."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform.files import Files
from soc2gate.declared.terraform.scope import Context
from soc2gate.declared.terraform.sources import Sources, configuration_files, read_folder
from soc2gate.declared.terraform.values import EvaluationError
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.resource import Problem, Span, Weight

if TYPE_CHECKING:
    from soc2gate.declared.terraform.modules import Module

STAGE = "terraform"
_DEEPEST = 400
"""References that lead to references; each step takes some ten frames of Python's stack."""


class Run:
    """One reading of one root."""

    def __init__(self, root: Root, base: Path, options: ReadOptions) -> None:
        self.root = root
        self.options = options
        self.limits = options.limits
        self.files = Files(base, options.limits)
        self.folder = root.path if root.path not in ("", ".") else ""
        self.context = Context(options.limits, self.files, self.folder)
        self.problems: dict[tuple[object, ...], Problem] = {}
        self.unread: dict[str, None] = {}
        self.modules: list[Module] = []
        """Every instance of a module, in the order they were made."""
        self.depth = 0
        self._folders: dict[str, Sources] = {}
        self._installed: dict[str, str] | None = None

    # Problems

    def problem(self, weight: Weight, message: str, where: Span | None, hint: str = "") -> None:
        """Note a problem once."""
        key = (weight, message, where)
        if key not in self.problems:
            self.problems[key] = Problem(weight, STAGE, message, where, hint)

    def broken(self, error: InputError, where: Span | None = None) -> None:
        """Note input that could not be read or was refused."""
        if error.path is not None:
            where = Span(error.path, error.line or 1, error.column or 1)
        self.problem(Weight.BROKEN, error.message, where, error.hint)

    def failed(self, what: str, error: EvaluationError | RefusedError, where: Span | None) -> None:
        """Note an expression that could not be evaluated: a gap, or broken when it was refused."""
        if isinstance(error, EvaluationError):
            self.problem(Weight.GAP, f"could not evaluate {what}: {error.message}", where, error.hint)
        else:
            self.problem(Weight.BROKEN, f"refused to evaluate {what}: {error.message}", where, error.hint)

    # Folders

    def sources(self, folder: str) -> Sources:
        """The declarations of a module's folder; what is broken in it is noted when it is first read."""
        found = self._folders.get(folder)
        if found is None:
            if folder == self.folder:
                paths = [path for path in self.root.files if posixpath.dirname(path) == folder]
                paths = configuration_files("", paths)
            else:
                paths = configuration_files(folder, self.files.names(folder or "."))
            found = self._folders[folder] = read_folder(folder, paths, self.files)
            for error in found.broken:
                self.broken(error)
                place = f"{error.path}:{error.line}" if error.line else str(error.path)
                self.unread[f"{place}: {error.message}"] = None
        return found

    def installed(self, key: str) -> str | None:
        """Where `terraform init` put the module `key` (`vpc`, `web.vpc`), relative to the base."""
        if self._installed is None:
            self._installed = {}
            path = posixpath.join(self.folder, ".terraform/modules/modules.json")
            if self.files.is_file(path):
                try:
                    listed = json.loads(self.files.text(path))
                    entries = {str(each["Key"]): str(each["Dir"]) for each in listed["Modules"]}
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    message = f"expected the list of modules that terraform init writes: {error}"
                    self.broken(InputError(message, path=path))
                else:
                    self._installed = entries
        folder = self._installed.get(key)
        return posixpath.normpath(posixpath.join(self.folder, folder)) if folder is not None else None

    # Depth

    def go_deeper(self, what: str) -> None:
        """One more step of references that lead to references; leave by `run.depth -= 1`."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RefusedError(f"references lead on for more than {_DEEPEST} steps at {what}")
