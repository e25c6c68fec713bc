"""Where `moved` blocks say that an address went: those of a root, and those of every module that it calls.

A block in a module speaks of the module's own addresses, in every instance of it.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path

from soc2gate.declared.files import TERRAFORM_SUFFIXES, read_text
from soc2gate.declared.options import Limits
from soc2gate.declared.terraform.tree import Attribute, Block, Body, Source
from soc2gate.errors import InputError

_STEP = re.compile(r"""module\.(?P<name>[\w-]+)(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\])?\.""")
_MOST_MOVES = 50
"""In a row; a circle of moves ends there."""


class Moves:
    """The moves of one tree of files, by root."""

    def __init__(self, base: Path, limits: Limits) -> None:
        self._base = base
        self._limits = limits
        self._folders: dict[str, _Folder] = {}

    def moved(self, root: str, address: str) -> str:
        """The address that a resource of a root has now, by the one it had."""
        for _ in range(_MOST_MOVES):
            after = self._once(root, address)
            if after == address:
                break
            address = after
        return address

    def _once(self, root: str, address: str) -> str:
        folder: str | None = root
        at = 0
        while folder is not None:
            declared = self._folder(folder)
            inner = address[at:]
            for origin, target in declared.moves:
                if inner == origin or inner.startswith((f"{origin}.", f"{origin}[")):
                    return address[:at] + target + inner[len(origin) :]
            step = _STEP.match(address, at)
            if step is None:
                break
            folder = declared.modules.get(step["name"])
            at = step.end()
        return address

    def _folder(self, folder: str) -> _Folder:
        if folder not in self._folders:
            self._folders[folder] = _read(folder, self._base, self._limits)
        return self._folders[folder]


class _Folder:
    """What one module's folder says of moves."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, str]] = []
        self.modules: dict[str, str] = {}
        """Name of a call to the folder of the module, where that is here."""


def _read(folder: str, base: Path, limits: Limits) -> _Folder:
    found = _Folder()
    full = base / folder
    for name in sorted(entry.name for entry in full.iterdir()) if full.is_dir() else ():
        path = posixpath.normpath(posixpath.join(folder, name))
        if not name.endswith(TERRAFORM_SUFFIXES):
            continue
        try:
            body = _body(Source(path, read_text(path, base, limits)), limits.depth)
        except InputError:
            continue  # its reader met it too, and reported it
        for block in body.blocks:
            _take(block, folder, found)
    return found


def _body(source: Source, depth: int) -> Body:
    if "moved" not in source.text and "module" not in source.text:
        return Body()
    # Imported here: few changes move anything.
    if source.path.endswith(".json"):
        from soc2gate.declared.terraform.hcl_json import parse_configuration

        return parse_configuration(source, depth)[0]
    from soc2gate.declared.terraform.hcl import parse

    return parse(source, depth)[0]


def _take(block: Block, folder: str, found: _Folder) -> None:
    attributes = block.body.attributes
    if block.type == "moved" and "from" in attributes and "to" in attributes:
        found.moves.append((_said(attributes["from"], block), _said(attributes["to"], block)))
    elif block.type == "module" and block.labels and "source" in attributes:
        target = _said(attributes["source"], block)
        if target.startswith(("./", "../")):
            found.modules[block.labels[0]] = posixpath.normpath(posixpath.join(folder, target))


def _said(attribute: Attribute, block: Block) -> str:
    """The text of an attribute's value, out of its quotation marks."""
    text = block.source.text[attribute.value.start : attribute.end].strip()
    if text.startswith('"') and text.endswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return ""
    return re.sub(r"\s+", "", text)
