"""A way back into code: Terraform for what runs and no code declares, and for what was changed by hand.

`verify --suggest` in order: each unmanaged resource is written (`resources`) from the same tables that read it
(`kinds.tracing`, `kinds.inverting`), each changed one as the arguments that differ (`changes`), and all of it becomes
files (`text`, `hcl`). What is written has been read back by our own reader and found equal to what runs; the rest is
named where it is missing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from soc2gate import kinds
from soc2gate.comparing import Looked
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass
from soc2gate.into_code.changes import changes, told
from soc2gate.into_code.hcl import Writer
from soc2gate.into_code.resources import Suggested, identifier, suggest
from soc2gate.into_code.text import MARK, Text, comment
from soc2gate.kinds.terraform_imports import IMPORTS
from soc2gate.model.outcome import Difference
from soc2gate.model.resource import Resource
from soc2gate.model.value import Value
from soc2gate.schema.terraform import provider


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Files by name, and what is in them, in numbers."""

    files: tuple[tuple[str, str], ...]
    """In a stable order: resources by kind, then what belongs to all of them."""
    whole: int
    """Resources that read back equal in everything."""
    partial: int
    refused: int
    changed: int
    """Properties of declared resources."""


def suggestions(looked: Looked, writer: Writer) -> Suggestions:
    """Terraform for everything that code does not declare or says otherwise."""
    unmanaged = list(_unmanaged(looked))
    names = _Names(resource.address for resource in looked.declared)
    suggested = [suggest(live, names.of(live)) for live in unmanaged]
    text = Text(writer, suggested)
    by_kind: dict[str, list[str]] = {}
    for one in text.suggested:
        by_kind.setdefault(one.live.kind, []).append(text.of(one))
    files = [(f"{identifier(kind)}.tf", "\n".join(texts)) for kind, texts in sorted(by_kind.items())]
    if providers := text.providers():
        files.append(("providers.tf", providers))
    found = list(changes(looked.disagreements, looked.pairs, looked.findings))
    if found:
        head = comment(
            ["What would bring code in line with what was changed by hand, at the place that says otherwise."]
        )
        files.append(("changes.tf", "\n".join([head, *(told(change, writer) for change in found)])))
    return Suggestions(
        tuple(files),
        whole=sum(one.complete for one in text.suggested),
        partial=sum(bool(one.blocks) and not one.complete for one in text.suggested),
        refused=sum(not one.blocks for one in text.suggested),
        changed=sum(not change.refused for change in found),
    )


def _unmanaged(looked: Looked) -> Iterator[Resource]:
    """The live resources that are told as unmanaged, in the order in which they are told, each with its parts."""
    by_uid = {(resource.kind, resource.address): resource for resource in looked.live}
    parts: dict[Value, list[Resource]] = {}
    for part in looked.parts:
        parts.setdefault(part.identity.get("parent"), []).append(part)
    for one in looked.disagreements:
        found = by_uid.get((one.kind, one.uid)) or by_uid.get((one.kind, one.address))
        if one.difference is Difference.UNMANAGED and found is not None:
            yield found
            yield from (part for part in parts.get(found.identity.get("arn"), ()) if _stands_alone(part, found))


def _stands_alone(part: Resource, whole: Resource) -> bool:
    """Whether a part is written for itself (a topic's policy), and not with what it belongs to (a bucket's)."""
    with_it = {companion.type for companion in kinds.kind(whole.kind).companions}
    types = {spelling.type for spelling in kinds.kind(part.kind).terraform}
    return bool(types & IMPORTS.keys() - with_it)


class _Names:
    """Names in code: each once for a kind, and none that code has already."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._declared = {re.sub(r"\[.*", "", address).rpartition(".")[2] for address in addresses}
        self._taken: set[tuple[str, str]] = set()

    def of(self, live: Resource) -> str:
        """What a live resource is to be called: its `Name` tag, its name, or its id."""
        tag = live.tags.get("Name")
        said = [tag, *(live.identity.get(key) for key in ("name", "alias", "id")), live.address]
        base = identifier(next(str(one) for one in said if isinstance(one, str) and one).removeprefix("alias/"))
        name, number = base, 2
        while name in self._declared or (live.kind, name) in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add((live.kind, name))
        return name


def write(found: Suggestions, target: Path) -> list[Path]:
    """Write one file, or one for each kind into a folder that exists or whose name ends in a slash.

    Raises `UsageError` where a file stands that is not of our making.
    """
    head = comment(
        [
            f"{MARK.removeprefix('# ')}, for {provider()}: read it before you apply it.",
            "Where it says so, our reader finds it equal to what runs; terraform plan should then show imports alone.",
        ]
    )
    texts = found.files or (("nothing.tf", comment(["Nothing to suggest: code says what runs."])),)
    files = {target / name: text for name, text in texts} if _is_folder(target) else {}
    files = files or {target: "\n".join(text for _, text in texts)}
    for file in files:
        refuse_others(file)
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{head}\n{text}", encoding="utf-8")
    return sorted(files)


def check_target(target: Path) -> None:
    """Raises `UsageError` where nothing can be written, before anything is looked at."""
    if not _is_folder(target):
        if target.suffix not in (".tf", ".tofu"):
            raise UsageError(f"--suggest {target} is neither a .tf file nor a folder", hint="--suggest suggested.tf")
        refuse_others(target)


def _is_folder(target: Path) -> bool:
    return target.is_dir() or not target.suffix


def refuse_others(file: Path) -> None:
    """Raises `UsageError` where a file stands that we did not write."""
    if os.path.lexists(file) and not (file.is_file() and file.read_text(encoding="utf-8").startswith(MARK)):
        raise UsageError(f"{file} exists, and soc2gate did not write it", hint="give another name to --suggest")


__all__ = ["Suggested", "Suggestions", "check_target", "suggestions", "write"]
