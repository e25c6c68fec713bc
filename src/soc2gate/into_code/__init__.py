"""A way back into code: Terraform for what runs and no code declares, and for what was changed by hand.

`verify --suggest` in order: each unmanaged resource is written (`resources`) from the same tables that read it
(`kinds.tracing`, `kinds.inverting`), each changed one as the arguments that differ (`changes`), and all of it becomes
files (`text`, `hcl`). What is written has been read back by our own reader and found equal to what runs; the rest is
named where it is missing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

from soc2gate import kinds
from soc2gate.comparing import Looked
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass
from soc2gate.into_code import patches
from soc2gate.into_code.changes import changes, told
from soc2gate.into_code.hcl import Writer
from soc2gate.into_code.manifests import Manifest, manifest
from soc2gate.into_code.references import UNIQUE
from soc2gate.into_code.resources import Suggested, identifier, suggest
from soc2gate.into_code.text import MARK, Text, comment
from soc2gate.kinds.kubernetes_api import POD_TEMPLATE
from soc2gate.kinds.terraform_imports import IMPORTS
from soc2gate.model.outcome import Difference, Finding, Verdict
from soc2gate.model.resource import LiveRef, Resource, Side, Span, Where
from soc2gate.model.value import Value
from soc2gate.schema.terraform import provider


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Files by name, and what is in them, in numbers."""

    files: tuple[tuple[str, str], ...]
    """In a stable order: resources by kind, then what belongs to all of them. Terraform ends in .tf, manifests in
    .yaml."""
    whole: int
    """Resources that read back equal in everything."""
    partial: int
    refused: tuple[str, ...]
    """What could not be written at all, with the reason: once for each kind."""
    changed: int
    """Properties of declared resources."""
    head: str
    """What stands first in each file of Terraform."""
    code: frozenset[str]
    """Files in which something is declared, by their real paths."""


def suggestions(looked: Looked, writer: Writer) -> Suggestions:
    """Terraform, and manifests, for everything that code does not declare or says otherwise."""
    # Once each: a part may be told for itself, and be named by its whole in several ways.
    unmanaged = list({id(live): live for live in _unmanaged(looked)}.values())
    names = _Names(resource.address for resource in looked.declared)
    failing = _failing(looked.findings)
    clusters = _by_cluster(live for live in unmanaged if _is_in_cluster(live))
    manifests = [one for lives in clusters.values() for one in patches.checked([manifest(live) for live in lives])]
    suggested = [suggest(live, names.of(live)) for live in unmanaged if not _is_in_cluster(live)]
    text = Text(writer, suggested)
    by_file: dict[str, list[str]] = {}
    for one in text.suggested:
        by_file.setdefault(f"{identifier(one.live.kind)}.tf", []).append(text.of(one, failing(one.live)))
    for object_ in manifests:
        # Two clusters may each have an object of one name: they are two manifests, and no file is to hold both.
        cluster = f"_{identifier(str(object_.live.identity.get('account')))}" if len(clusters) > 1 else ""
        file = f"{identifier(object_.live.kind)}{cluster}.yaml"
        by_file.setdefault(file, []).append(patches.text_of(object_, failing(object_.live)))
    files = [(name, "\n".join(texts)) for name, texts in sorted(by_file.items())]
    if providers := text.providers():
        files.append(("providers.tf", providers))
    found = list(changes(looked.disagreements, looked.pairs, looked.findings))
    patched = list(patches.patches(looked.disagreements, looked.pairs, looked.findings))
    for name, texts in (
        ("changes.tf", [told(change, writer) for change in found]),
        ("changes.yaml", [patches.patch_text(patch) for patch in patched]),
    ):
        if texts:
            files.append((name, "\n".join([comment([_CHANGES]), *texts])))
    written: list[Suggested | Manifest] = [*text.suggested, *manifests]
    return Suggestions(
        tuple(files),
        whole=sum(one.complete for one in written),
        partial=sum(not one.refused and not one.complete for one in written),
        refused=tuple(dict.fromkeys(f"{one.live.kind}: {one.refused}" for one in text.suggested if one.refused)),
        changed=sum(not change.refused for change in found) + sum(bool(patch.body) for patch in patched),
        head=_head(text),
        code=frozenset(_files(looked)),
    )


_MARKED = MARK.removeprefix("# ")


def _head(text: Text) -> str:
    lines = [
        f"{_MARKED}, for {provider()}: read it before you apply it.",
        "Where it says so, our reader finds it equal to what runs; terraform plan should then show imports alone.",
    ]
    if len(text.places) == 1:
        place = text.places[0]
        where = f" in {place.region}" if place.region else ""
        lines.append(f"All of it belongs to account {place.account}{where}: that is where its provider has to sign in.")
    elif text.places:
        lines.append("It belongs to several accounts or regions: each resource says which, and providers.tf has them.")
    return comment(lines)


def _files(looked: Looked) -> Iterator[str]:
    paths = {place.path for one in looked.declared for place in (one.where, *one.places.values()) if _is_in_file(place)}
    yield from (os.path.realpath(looked.base / path) for path in paths)


def _is_in_file(place: Where) -> TypeGuard[Span]:
    return isinstance(place, Span)


_CHANGES = "What would bring code in line with what was changed by hand, at the place that says otherwise."


def _is_in_cluster(live: Resource) -> bool:
    return live.kind.startswith("Kubernetes::")


def _by_cluster(objects: Iterable[Resource]) -> dict[str, list[Resource]]:
    out: dict[str, list[Resource]] = {}
    for live in objects:
        out.setdefault(str(live.identity.get("account")), []).append(live)
    return out


def _failing(findings: Iterable[Finding]) -> Callable[[Resource], list[str]]:
    """The rules that a live resource fails; a workload's are those of its pods too."""
    found: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        if finding.side is Side.LIVE and finding.verdict is Verdict.FAIL:
            kind = finding.kind if finding.kind != POD_TEMPLATE else ""
            found.setdefault((kind, finding.address), []).append(finding.rule)

    def of(live: Resource) -> list[str]:
        pods = found.get(("", live.address), []) if _is_in_cluster(live) else []
        return sorted({*found.get((live.kind, live.address), []), *pods})

    return of


def _unmanaged(looked: Looked) -> Iterator[Resource]:
    """The live resources that are told as unmanaged, in the order in which they are told, each with its parts."""
    # By where it was seen too: each region has a delivery channel `default`, each cluster a Deployment `web`.
    by_place = {(resource.kind, resource.address, *_seen(resource.where)): resource for resource in looked.live}
    parts: dict[tuple[Value, ...], list[Resource]] = {}
    for part in looked.parts:
        names = [part.identity.get("parent"), *part.properties.values()]
        for name in {name for name in names if isinstance(name, str)}:
            parts.setdefault((part.derived_from, *_place(part), name), []).append(part)
    for one in looked.disagreements:
        if one.difference is not Difference.UNMANAGED:
            continue
        seen = _seen(one.live_where)
        found = by_place.get((one.kind, one.uid, *seen)) or by_place[one.kind, one.address, *seen]
        yield found
        its = [part for name in _unique_names(found) for part in parts.get((found.kind, *_place(found), name), ())]
        yield from (part for part in its if not _is_written_with(part, found))


def _seen(where: Where | None) -> tuple[str, str]:
    """The account and region of a place; of what a state file tells there is none."""
    return (where.account, where.region) if isinstance(where, LiveRef) else ("", "")


def _place(resource: Resource) -> tuple[Value, Value]:
    return resource.identity.get("account"), resource.identity.get("region")


def _unique_names(resource: Resource) -> list[str]:
    """What a part may call the resource that it belongs to."""
    return [name for key in UNIQUE if isinstance(name := resource.identity.get(key), str) and name]


def _is_written_with(part: Resource, whole: Resource) -> bool:
    """Whether a part is written with what it belongs to (a bucket's policy), and not for itself (a topic's)."""
    with_it = {companion.type for companion in kinds.kind(whole.kind).companions if companion.type in IMPORTS}
    return any(spelling.type in with_it for spelling in kinds.kind(part.kind).terraform)


class _Names:
    """Names in code: each once for a kind, and none that code has already."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._declared = {re.sub(r"\[.*", "", address).rpartition(".")[2] for address in addresses}
        self._taken: set[tuple[str, str]] = set()

    def of(self, live: Resource) -> str:
        """What a live resource is to be called: its `Name` tag, its name, or its id."""
        tag = live.tags.get("Name")
        # Of an ARN its end: nobody would call a subscription by all of it.
        said = [tag, *(live.identity.get(key) for key in ("name", "alias", "id")), re.split("[:/]", live.address)[-1]]
        named = next(str(one) for one in said if isinstance(one, str) and one)
        base = identifier(named.removeprefix("alias/").replace("'", ""))
        name, number = base, 2
        while name in self._declared or (live.kind, name) in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add((live.kind, name))
        return name


def write(found: Suggestions, target: Path) -> list[Path]:
    """Write one file, or one for each kind into a folder that exists or whose name ends in a slash; manifests stand in
    files of YAML beside. Nothing is written where there is nothing to suggest.

    A file that was written before, and is code by now, is left alone: another of its name gets a number. Raises
    `UsageError` where a file stands that is not of our making.
    """
    if _is_folder(target):
        texts = {target / name: [text] for name, text in found.files}
    else:
        texts = {}
        for name, text in found.files:
            file = target.with_suffix(".yaml") if name.endswith(".yaml") else target
            texts.setdefault(file, []).append(text)
    files = {_free(file, found.code): "\n".join(parts) for file, parts in texts.items()}
    for file in files:
        refuse_others(file)
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        head = found.head if file.suffix != ".yaml" else comment([f"{_MARKED}: read it before you apply it."])
        file.write_text(f"{head}\n{text}", encoding="utf-8")
    return sorted(files)


def _free(file: Path, code: Container[str]) -> Path:
    """The file, or one of its name with a number."""
    free, number = file, 2
    while os.path.realpath(free) in code:
        free, number = file.with_stem(f"{file.stem}_{number}"), number + 1
    return free


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
