"""Whether code says the same of a resource as what runs, all of it: stricter than `compare`, which lets code leave
things unsaid. What `--suggest` writes is held against this."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from soc2gate import kinds
from soc2gate.engine import differences as spelled
from soc2gate.engine.compare import spelling_of
from soc2gate.facts import replace
from soc2gate.model.resource import Resource
from soc2gate.model.value import Ref, Unknown, Value

_NAMES = ("arn", "id", "name", "alias", "url")


def told(live: Resource) -> dict[str, Value]:
    """Everything that code would have to say of a live resource: what is compared at all, its own policies (`related.`)
    and the names it goes by (`identity.`)."""
    ignored = spelling_of(live.kind).ignored
    kind = kinds.kind(live.kind)
    out = {name: value for name, value in live.properties.items() if name not in ignored}
    out |= {f"related.{name}": value for name, value in live.related.items() if name not in kind.links}
    named = {companion.into for companion in kind.companions if companion.into.startswith("identity.")}
    return out | {path: live.identity.get(path.partition(".")[2]) for path in sorted(named)}


def not_the_same(declared: Resource, live: Resource, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Top-level property to why it does not read back equal; empty where everything does.

    `known` tells what references to other resources are (`aws_vpc.main.id`).
    """
    wanted = told(live)
    own = {f"{declared.address}.{key}": value for key in _NAMES if isinstance(value := live.identity.get(key), str)}
    made = {name: _settled(value, {**own, **(known or {})}) for name, value in told(declared).items()}
    spelling = spelling_of(live.kind)
    free = {re.sub(r"\[\d+\]", "[*]", path) for path in declared.initial}
    ours = _resolver(declared, live)
    out: dict[str, str] = {}
    for difference in [
        # What runs and code does not say, or says otherwise.
        *_differences(wanted, made, wanted.keys(), spelling, ours),
        # What code says, its creation defaults included, and what runs does not have.
        *_differences(made, wanted, {*live.places, *wanted}, replace(spelling, ignored=spelling.ignored | free), ours),
    ]:
        out.setdefault(_top(difference.path), _said(difference))
    return out


def _settled(value: Value, known: Mapping[str, str]) -> Value:
    if isinstance(value, Unknown) and value.ref is not None:
        return known.get(str(value.ref), value)
    if isinstance(value, dict):
        return {key: _settled(child, known) for key, child in value.items()}
    return [_settled(child, known) for child in value] if isinstance(value, list) else value


def _differences(
    one: Mapping[str, Value],
    other: Mapping[str, Value],
    read: object,
    spelling: spelled.Spelling,
    resolve: spelled.Resolve,
) -> Iterator[spelled.Difference]:
    assert hasattr(read, "__contains__")
    return spelled.differences(one, other, read=read.__contains__, spelling=spelling, resolve=resolve)


def _resolver(declared: Resource, live: Resource) -> spelled.Resolve:
    """A resource may name itself (a group that talks to itself)."""
    names = frozenset(value for key in _NAMES if isinstance(value := live.identity.get(key), str))

    def resolve(ref: Ref) -> frozenset[str] | None:
        return names if ref.address == declared.address else None

    return resolve


def _top(path: str) -> str:
    name = re.split(r"[.\[]", path, maxsplit=1)[0]
    return ".".join(path.split(".")[:2]).partition("[")[0] if name in ("related", "identity") else name


def _said(difference: spelled.Difference) -> str:
    if isinstance(difference.declared, Unknown):
        return difference.declared.reason
    return difference.reason or difference.note or difference.path
