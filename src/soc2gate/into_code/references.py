"""Ids in what was written that are those of other suggested resources, as references to them.

Code that says `vpc_id = aws_vpc.main.id` shows what belongs together, to people and to rules that follow it. Circles
are left as ids, for Terraform refuses them: two groups that let each other in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from soc2gate.facts import dataclass, replace
from soc2gate.into_code.resources import Suggested
from soc2gate.kinds import registry
from soc2gate.kinds.inverting import JsonText
from soc2gate.model.value import Ref, Unknown, Value

UNIQUE = ("id", "arn", "url")
"""Keys of an identity that nothing else has; a name may be many things' name."""


@dataclass(frozen=True, slots=True)
class Referring:
    """The suggestions with references, and what each reference is."""

    suggested: tuple[Suggested, ...]
    known: Mapping[str, str]
    """`aws_vpc.main.id` to the id that runs."""


def with_references(suggested: Sequence[Suggested]) -> Referring:
    """Put references in the place of ids, where the resource that has the id is suggested too."""
    found: dict[str, Ref] = {}
    known: dict[str, str] = {}
    for one in suggested:
        for ref, value in _exported(one):
            found.setdefault(value, ref)
            known[str(ref)] = value
    reach: dict[str, set[str]] = {}
    out = []
    for one in suggested:
        referring = _One(one, found, reach)
        blocks = tuple(replace(block, body=referring.body(block.body)) for block in one.blocks)
        out.append(replace(one, blocks=blocks))
    return Referring(tuple(out), known)


def _exported(one: Suggested) -> list[tuple[Ref, str]]:
    if not one.blocks:
        return []
    block = one.blocks[0]
    spelt = registry.spelt("terraform", block.type)
    exports = {
        attribute: key for _, spelling in (spelt.owns if spelt else ()) for attribute, key in spelling.exports.items()
    }
    return [
        (Ref(block.address, attribute), value)
        # `arn` before `id`, where both are the ARN: it says what is meant.
        for attribute, key in sorted(exports.items(), key=lambda pair: pair[0] != "arn")
        if key in UNIQUE and isinstance(value := one.live.identity.get(key), str) and value
    ]


class _One:
    """The references of one resource."""

    def __init__(self, one: Suggested, found: Mapping[str, Ref], reach: dict[str, set[str]]) -> None:
        self._address = one.blocks[0].address if one.blocks else ""
        self._found = found
        self._reach = reach

    def body(self, body: Mapping[str, Value]) -> dict[str, Value]:
        return {name: self._value(value) for name, value in body.items()}

    def _value(self, value: Value) -> Value:
        if isinstance(value, dict):
            return self.body(value)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, str) or isinstance(value, JsonText):
            return value
        ref = self._found.get(value)
        if ref is None or ref.address == self._address or self._leads_back(ref.address):
            return value
        self._reach.setdefault(self._address, set()).add(ref.address)
        return Unknown("", ref, (str(ref),), not_null=True)

    def _leads_back(self, address: str) -> bool:
        """Whether that resource already refers to this one, by whatever way round."""
        waiting, seen = [address], set[str]()
        while waiting:
            current = waiting.pop()
            if current == self._address:
                return True
            if current not in seen:
                seen.add(current)
                waiting += self._reach.get(current, ())
        return False
