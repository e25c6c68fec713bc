"""Waivers written beside the code they are about: in comments, in metadata, in annotations.

    # soc2gate:waive s3-versioning reason="…" owner=… approver=… expires=2026-12-31 ticket=OPS-7

A comment counts for the line it stands on or above, and for the resource around or below it. CloudFormation has
`Metadata: soc2gate: waive:` (a list of mappings with the same keys), Kubernetes the annotation `soc2gate.dev/waive` (a
line for each waiver, spelled as in a comment), Terraform's JSON a `"//"` key. The skip comments of checkov, tfsec,
Trivy and KICS are read too; they name nobody who approved.

What is wrong with one is kept beside it: it is told, and waives nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate.declared.files import TERRAFORM_SUFFIXES, read_text
from soc2gate.declared.options import Limits
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, replace
from soc2gate.model.outcome import Waiver
from soc2gate.model.resource import Reading, Span, place_of
from soc2gate.patterns import regex

if TYPE_CHECKING:
    from soc2gate.yaml_lines import Document, YamlValue

INLINE = "inline"
REQUIRED = ("reason", "owner", "approver", "expires")
_KEYS = (*REQUIRED, "ticket")
ANNOTATION = "soc2gate.dev/waive"

_MARKS = re.compile(
    rb"soc2gate:waive|soc2gate\.dev/waive|\bsoc2gate\b.{0,3}:|checkov|(?:bridgecrew|cortex):skip|tfsec:ignore|trivy:ignore|kics-scan"
)
# A quotation mark that nothing closes ends with its line, so that no line is ever read twice.
_HCL = regex(r'"(?:[^"\\]|\\.)*+(?:"|$)|<<-?(?P<heredoc>[^\W\d][\w-]*)\s*$|(?P<line>(?:\#|//).*)|(?P<block>/\*)')
_YAML = regex(r'"[^"]*+"|\'[^\']*+\'|(?P<line>(?:^|(?<=\s))\#.*)')
_JSON_COMMENT = regex(r'"//"\s*:\s*(?P<comment>"(?:[^"\\\n]|\\.)*")')

_OURS = regex(r"soc2gate:waive\b[ \t]*(.*)")
_PAIR = regex(r'\s*([A-Za-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)')
_FOREIGN = (
    ("checkov", regex(r"(?:checkov|bridgecrew|cortex):skip= *(?P<id>[\w-]+(?:,[\w-]+)*)(?::(?P<reason>[^\n]*))?")),
    ("tfsec", regex(r"tfsec:ignore:(?P<id>[\w*-]+)(?::exp:(?P<expires>\d{4}-\d\d-\d\d))?")),
    ("trivy", regex(r"trivy:ignore:(?P<id>[\w*-]+)(?::exp:(?P<expires>\d{4}-\d\d-\d\d))?")),
    ("kics", regex(r"kics-scan[ \t]+(?:disable[ \t]*=[ \t]*(?P<id>[\w,-]+)|ignore[\w-]*)")),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A waiver as somebody wrote it, right or wrong."""

    waiver: Waiver
    """Its address is empty: what it is about, the place says. A foreign one has the other tool's id as its rule."""
    path: str
    line: int
    """Where it stands."""
    target: int
    """The line it stands above; its own when code stands before it."""
    address: str = ""
    """The resource whose metadata it is in; empty for a comment."""
    wrong: str = ""


def read_waivers(files: Iterable[str], base: Path, limits: Limits | None = None) -> list[Written]:
    """Every waiver written in these files (relative to the base), in order; of a broken file its reader tells."""
    limits = limits or Limits()
    found: list[Written] = []
    for path in files:
        try:
            # Most files hold none: their bytes say so without decoding or parsing anything.
            if _MARKS.search((base / path).read_bytes()) is None:
                continue
            text = read_text(path, base, limits)
        except (OSError, InputError):
            continue
        found += _comments(path, text)
        if not path.endswith((*TERRAFORM_SUFFIXES, ".tfvars")):
            found += _metadata(path, text)
    return sorted(found, key=lambda item: (item.path, item.line, item.waiver.rule))


def built_waivers(readings: Iterable[Reading]) -> list[Written]:
    """The annotations of objects that a tool built: with every name as it is deployed, whatever made it up."""
    found: dict[Written, None] = {}
    for reading in readings:
        for raw in reading.resources if reading.rendered else ():
            metadata = raw.body.get("metadata") if isinstance(raw.body, dict) else None
            annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
            if not isinstance(annotations, dict) or not isinstance(raw.where, Span):
                continue
            for key in annotations:
                place = place_of(raw.places, f"metadata.annotations.{key}", raw.where)
                if isinstance(place, Span):
                    told = _annotations(raw.address.partition("@")[0], {key: annotations[key]}, place)
                    found.update((replace(item, path=raw.where.path), None) for item in told)
    return list(found)


def with_built(read: list[Written], built: Iterable[Written]) -> list[Written]:
    """Both, once where a template says plainly what is built of it."""
    known = {_told(item) for item in read}
    return [*read, *(item for item in built if _told(item) not in known)]


def _told(item: Written) -> tuple[str, str, Waiver]:
    return item.path, item.address, replace(item.waiver, where=None)


# --- comments -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Comment:
    line: int
    """From 0."""
    text: str
    own: bool
    """Nothing else stands on its line."""


def _comments(path: str, text: str) -> Iterator[Written]:
    lines = text.split("\n")
    if path.endswith(".json"):
        found = list(_json_comments(lines))
    elif path.endswith(TERRAFORM_SUFFIXES):
        found = list(_hcl_comments(lines))
    else:
        found = list(_yaml_comments(lines))
    only = {comment.line for comment in found if comment.own}
    for comment in found:
        place = Span(path, comment.line + 1)
        spoken = list(_spoken(comment.text, place))
        target = comment.line
        while spoken and target in only:
            target += 1
        for waiver, wrong in spoken:
            yield Written(waiver, path, comment.line + 1, target + 1, wrong=wrong)


def _json_comments(lines: Iterable[str]) -> Iterator[_Comment]:
    for number, line in enumerate(lines):
        for match in _JSON_COMMENT.finditer(line):
            try:
                yield _Comment(number, str(json.loads(match["comment"])), False)
            except ValueError:
                continue  # the reader met it too, and reported it


def _yaml_comments(lines: Iterable[str]) -> Iterator[_Comment]:
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        for match in _YAML.finditer(line):
            if match["line"]:
                yield _Comment(number, match["line"], match.start() == indent)


def _hcl_comments(lines: Iterable[str]) -> Iterator[_Comment]:
    heredoc = ""
    inside = False
    for number, line in enumerate(lines):
        if heredoc:
            heredoc = "" if line.strip() == heredoc else heredoc
            continue
        indent = len(line) - len(line.lstrip())
        at = began = 0
        while at <= len(line):
            if inside:
                end = line.find("*/", at)
                yield _Comment(number, line[at:end] if end >= 0 else line[at:], began <= indent)
                if end < 0:
                    break
                inside, at = False, end + 2
            match = _HCL.search(line, at)
            if match is None:
                break
            if match["line"]:
                yield _Comment(number, match["line"], match.start() == indent)
                break
            began = match.start()
            inside = match["block"] is not None
            heredoc = match["heredoc"] or ""
            at = match.end()


def _spoken(comment: str, place: Span) -> Iterator[tuple[Waiver, str]]:
    ours = _OURS.search(comment)
    if ours is not None:
        yield parse(ours.group(1).strip(), place)
        return
    for tool, pattern in _FOREIGN:
        for match in pattern.finditer(comment):
            given = match.groupdict()
            for name in (given.get("id") or "*").split(","):
                reason = (given.get("reason") or "").strip()
                yield Waiver(name, "", reason, "", "", given.get("expires") or "", place, source=tool), ""


def parse(text: str, place: Span) -> tuple[Waiver, str]:
    """`RULE key="value" …` as a waiver, and what is wrong with it."""
    rule, _, rest = text.partition(" ")
    if not rule or "=" in rule:
        return Waiver("", "", "", "", "", "", place, source=INLINE), "it does not begin with the rule's id"
    given: dict[str, str] = {}
    at = 0
    wrong = ""
    while match := _PAIR.match(rest, at):
        key = match.group(1)
        if key in given:
            wrong = wrong or f"“{key}” stands twice"
        given[key] = re.sub(r"\\(.)", r"\1", match.group(2)) if match.group(2) is not None else match.group(3)
        at = match.end()
    left = rest[at:].strip()
    if left:
        wrong = wrong or f'expected key=value or key="…", found “{left[:40]}”'
    return _waiver(rule, given, place, wrong)


def _waiver(rule: str, given: Mapping[str, str], place: Span, wrong: str = "") -> tuple[Waiver, str]:
    unknown = [key for key in given if key not in _KEYS]
    missing = [key for key in REQUIRED if not given.get(key, "").strip()]
    if unknown:
        wrong = wrong or f"there is no “{unknown[0]}” in a waiver; known: {', '.join(_KEYS)}"
    if missing:
        wrong = wrong or f"it has no {', no '.join(missing)}"
    values = {key: given.get(key, "") for key in _KEYS}
    return (
        Waiver(
            rule,
            "",
            values["reason"],
            values["owner"],
            values["approver"],
            values["expires"],
            place,
            values["ticket"],
            INLINE,
        ),
        wrong,
    )


# --- metadata and annotations -------------------------------------------------------------------------------------


def _metadata(path: str, text: str) -> Iterator[Written]:
    from soc2gate.yaml_lines import load_all

    try:
        documents = load_all(text, path)
    except InputError:
        return  # the reader met it too, and reported it
    for document in documents:
        data = document.data
        if not isinstance(data, dict):
            continue
        resources = data.get("Resources")
        for name, body in resources.items() if isinstance(resources, dict) else ():
            metadata = body.get("Metadata") if isinstance(body, dict) else None
            if isinstance(metadata, dict):
                yield from _template_waivers(name, metadata, document, path)
        items = data.get("items")
        for item in items if isinstance(items, list) else [data]:
            meta = item.get("metadata") if isinstance(item, dict) else None
            annotations = meta.get("annotations") if isinstance(meta, dict) else None
            if isinstance(item, dict) and isinstance(meta, dict) and isinstance(annotations, dict):
                names = (item.get("kind"), meta.get("namespace"), meta.get("name"))
                address = "/".join(str(part) for part in names if part)
                for key, value in annotations.items():
                    # Its own line: who wrote the line above it may be somebody else.
                    place = document.span(annotations, key)
                    yield from _annotations(address, {key: value}, Span(path, place.line, place.column))


def _template_waivers(address: str, metadata: dict[str, YamlValue], document: Document, path: str) -> Iterator[Written]:
    ours = metadata.get("soc2gate")
    entries = ours.get("waive") if isinstance(ours, dict) else None
    for entry in entries if isinstance(entries, list) else [entries] if entries is not None else []:
        # Its own line: who wrote the metadata around it may be somebody else.
        named = isinstance(entry, dict) and "rule" in entry
        at = document.span(entry, "rule") if named else document.span(metadata, "soc2gate")
        place = Span(path, at.line, at.column)
        if isinstance(entry, dict) and isinstance(entry.get("rule"), str):
            given = {key: str(value) for key, value in entry.items() if key != "rule"}
            waiver, wrong = _waiver(str(entry["rule"]), given, place)
        else:
            waiver = Waiver("", "", "", "", "", "", place, source=INLINE)
            wrong = "expected a mapping with rule, reason, owner, approver, expires"
        yield Written(waiver, place.path, place.line, place.line, address, wrong)
    checkov = metadata.get("checkov")
    skips = checkov.get("skip") if isinstance(checkov, dict) else None
    for skip in skips if isinstance(skips, list) else ():
        if isinstance(skip, dict) and isinstance(skip.get("id"), str):
            at = document.span(skip, "id")
            place = Span(path, at.line, at.column)
            waiver = Waiver(str(skip["id"]), "", str(skip.get("comment", "")), "", "", "", place, source="checkov")
            yield Written(waiver, place.path, place.line, place.line, address)


def _annotations(address: str, annotations: Mapping[str, object], place: Span) -> Iterator[Written]:
    for key, value in annotations.items():
        if key == ANNOTATION and isinstance(value, str):
            for line in filter(None, (line.strip() for line in value.splitlines())):
                waiver, wrong = parse(line, place)
                yield Written(waiver, place.path, place.line, place.line, address, wrong)
        elif key.startswith("checkov.io/skip") and isinstance(value, str):
            name, _, reason = value.partition("=")
            waiver = Waiver(name.strip(), "", reason.strip(), "", "", "", place, source="checkov")
            yield Written(waiver, place.path, place.line, place.line, address)
