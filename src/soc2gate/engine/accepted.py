"""What live resources have that code never says, and a team accepted: a file to commit, so that only what comes later
or changes is told.

It names the property and a digest of its value, never the value; an entry that no longer occurs is told, so that the
file only ever gets shorter. It is no waiver: a rule that fails because of such a property fails all the same.

    {"schema": "soc2gate.undeclared/1",
     "undeclared": [{"kind": "AWS::IAM::Role", "address": "aws_iam_role.web", "account": "123456789012",
                     "uid": "arn:aws:iam::123456789012:role/web", "property": "ManagedPolicyArns",
                     "digest": "sha256:…"}]}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from soc2gate.engine.compare import value_at
from soc2gate.errors import ConfigError
from soc2gate.facts import dataclass, replace
from soc2gate.model.outcome import AcceptedUse, Disagreement
from soc2gate.model.resource import LiveRef, Resource
from soc2gate.model.value import Json, Unknown, as_json

SCHEMA = "soc2gate.undeclared/1"
_KEYS = ("account", "address", "digest", "kind", "property", "uid")
_WRITES_ONE = "soc2gate verify --accept-undeclared writes one"

Key: TypeAlias = tuple[str, str, str, str]
"""Kind, account, uid, property."""
Looked: TypeAlias = Callable[[str, str, str, str], bool]
"""Whether a property (kind, account, uid, property) was looked at in this run."""


@dataclass(frozen=True, slots=True)
class Entry:
    kind: str
    address: str
    account: str
    uid: str
    property: str
    digest: str


def _key(entry: Entry) -> Key:
    return (entry.kind, entry.account, entry.uid, entry.property)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The undeclared properties a team knows of."""

    path: str
    """As reports call it."""
    entries: Mapping[Key, Entry]


def read(file: Path, shown: str) -> Accepted:
    """The file's entries; raises `ConfigError` for one that is none."""
    try:
        data: Json = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=shown, hint=_WRITES_ONE) from None
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise ConfigError(f"is no JSON: {error}", path=shown, line=line, hint=_WRITES_ONE) from None
    listed = data.get("undeclared") if isinstance(data, dict) and data.get("schema") == SCHEMA else None
    if not isinstance(listed, list):
        raise ConfigError(f"expected accepted undeclared properties, `{SCHEMA}`", path=shown, hint=_WRITES_ONE)
    entries: dict[Key, Entry] = {}
    for number, given in enumerate(listed):
        if not isinstance(given, dict) or sorted(given) != list(_KEYS):
            raise ConfigError(f"undeclared[{number}] needs {', '.join(_KEYS)}, and nothing else", path=shown)
        told = {name: str(given[name]) for name in _KEYS}
        entry = Entry(**told)
        entries[_key(entry)] = entry
    return Accepted(shown, entries)


def render(items: Iterable[Disagreement], kept: Iterable[Entry] = ()) -> str:
    """The file that accepts these, sorted, so that it changes only where they do; `kept` stand in it as they did."""
    entries = {_key(entry): entry for entry in (*kept, *map(entry_of, items))}
    listed: list[Json] = [
        {name: getattr(entry, name) for name in ("kind", "address", "account", "uid", "property", "digest")}
        for _, entry in sorted(entries.items())
    ]
    return json.dumps({"schema": SCHEMA, "undeclared": listed}, indent=2, ensure_ascii=False) + "\n"


def apply(items: Sequence[Disagreement], accepted: Accepted, looked: Looked) -> tuple[list[Disagreement], AcceptedUse]:
    """Those that nobody accepted, or that changed since; and what became of the entries.

    An entry is gone only where somebody `looked`.
    """
    told: list[Disagreement] = []
    met: set[Key] = set()
    for item in items:
        now = entry_of(item)
        met.add(_key(now))
        held = accepted.entries.get(_key(now))
        if held is None:
            told.append(item)
        elif held.digest != now.digest:
            reason = f"accepted in {accepted.path}, and changed since"
            told.append(replace(item, reason="; ".join(part for part in (reason, item.reason) if part)))
    gone = [entry for key, entry in sorted(accepted.entries.items()) if key not in met and looked(*key)]
    known = len(items) - len(told)
    return told, AcceptedUse(accepted.path, known, tuple((entry.address, entry.property) for entry in gone))


def settle(
    items: Sequence[Disagreement], file: Path, shown: str, looked: Looked, accept: Callable[[str], None] | None
) -> tuple[list[Disagreement], AcceptedUse]:
    """What is told of `items` beside the file that accepts some; with `accept`, which writes it, all of them are.

    What cannot be looked at now stays accepted.
    """
    held = read(file, shown) if accept is None or file.exists() else Accepted(shown, {})
    if accept is not None:
        kept = [entry for key, entry in held.entries.items() if not looked(*key)]
        accept(render(items, kept))
        entries = {_key(entry): entry for entry in (*kept, *map(entry_of, items))}
        held = Accepted(shown, entries)
    return apply(items, held, looked)


def looking(
    live: Iterable[Resource],
    compared: Iterable[Resource],
    why_unread: Callable[[str, str, str], str | None],
    *,
    everything: bool,
) -> Looked:
    """What was looked at in a run that read `live` and `compared` some of it with code.

    What code of a part of the tree says nothing of may be said in another part: only where `everything` was read is it
    certain.
    """
    here = {(one.kind, one.where.uid): one for one in live if isinstance(one.where, LiveRef)}
    paired = {(one.kind, one.where.uid) for one in compared if isinstance(one.where, LiveRef)}

    def looked(kind: str, account: str, uid: str, name: str) -> bool:
        found = here.get((kind, uid))
        if found is None:
            region = uid.split(":")[3] if uid.count(":") >= 5 else ""
            return everything and why_unread(kind, region, account) is None
        if (kind, uid) not in paired and not everything:
            return False
        top = name.partition(".")[0].partition("[")[0]
        return not any(isinstance(value_at(found.properties, path), Unknown) for path in (top, name))

    return looked


def entry_of(item: Disagreement) -> Entry:
    account = item.live_where.account if item.live_where is not None else ""
    return Entry(item.kind, item.address, account, item.uid, item.property or "", _digest(item))


def _digest(item: Disagreement) -> str:
    """Of the value and where it stands, so that equal values in two places are not seen to be equal."""
    plain = json.dumps([item.uid, item.property, _settled(as_json(item.live))], sort_keys=True, ensure_ascii=True)
    return f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"


def _settled(value: Json) -> Json:
    """A value whose lists are sorted: APIs answer most of them in any order."""
    if isinstance(value, dict):
        return {key: _settled(child) for key, child in value.items()}
    if isinstance(value, list):
        return sorted((_settled(child) for child in value), key=lambda child: json.dumps(child, sort_keys=True))
    return value
