"""Whom a value names: the resource that a companion belongs to, or that a link leads to.

A value names a resource by reference (`aws_s3_bucket.b.id` is that bucket, whatever its name will be) or by a name
that is unique (`acme-logs`, where one bucket is declared with that name). A value that is not known may name any
resource of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeAlias, TypeVar

from soc2gate.facts import dataclass
from soc2gate.model.value import Alternatives, OpenList, Text, Unknown, Value
from soc2gate.patterns import regex

T = TypeVar("T")
Key: TypeAlias = str | tuple[str | tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Named(Generic[T]):
    """What a value turned out to name."""

    certain: tuple[T, ...] = ()
    """Named for sure."""
    possible: tuple[T, ...] = ()
    """One of several it may be, by name."""
    external: bool = False
    """It names something, and that is not declared here."""
    unknown: str = ""
    """Why it may name any resource of the kind; empty when it does not."""


def key_of(value: Value) -> Key | None:
    """What a value is looked up by: text by itself, and what is not known by where it comes from.

    Two texts of the same references are the same text, though nobody knows it. The same holds of the same `Unknown`
    object: readers pass a variable's value on as it is, and make a new one for whatever they compute from it.
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, Unknown):
        return (_source(value),)
    if isinstance(value, Text):
        return tuple(part if isinstance(part, str) else _source(part) for part in value.parts)
    return None


def _source(unknown: Unknown) -> tuple[str, str]:
    return (unknown.ref.address, unknown.ref.attribute) if unknown.ref else ("", str(id(unknown)))


def may_equal(a: Value, b: Value) -> bool:
    """Whether two names may turn out the same, as far as their known beginnings and ends tell."""
    start_a, end_a, start_b, end_b = _start(a), _end(a), _start(b), _end(b)
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    starts = start_a.startswith(start_b) or start_b.startswith(start_a)
    return starts and (end_a.endswith(end_b) or end_b.endswith(end_a))


def _start(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Text):
        first = value.parts[0]
        return first if isinstance(first, str) else first.prefix
    return value.prefix if isinstance(value, Unknown) else ""


def _end(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Text):
        last = value.parts[-1]
        return last if isinstance(last, str) else ""
    return ""


class Targets(Generic[T]):
    """The resources of one kind, by address and by name."""

    def __init__(self) -> None:
        self._by_address: dict[tuple[str, str], T] = {}
        self._by_block: dict[tuple[str, str], list[tuple[T, list[str]]]] = {}
        self._by_key: dict[tuple[str, Key], list[T]] = {}
        self._everywhere: dict[str, list[T]] = {}
        self._in_root: dict[str, list[T]] = {}

    def add(self, item: T, root: str, address: str, names: Iterable[Value]) -> None:
        """Take in a resource with every name that is its alone."""
        self._by_address[root, address] = item
        self._in_root.setdefault(root, []).append(item)
        if "[" in address:
            block, indices = _block(address)
            self._by_block.setdefault((root, block), []).append((item, indices))
        for name in dict.fromkeys(key for value in names if (key := key_of(value)) is not None):
            self._by_key.setdefault((root, name), []).append(item)
            if isinstance(name, str):
                self._everywhere.setdefault(name, []).append(item)

    def in_root(self, root: str) -> list[T]:
        """All of them in one root."""
        return self._in_root.get(root, [])

    def find(self, value: Value, root: str) -> Named[T]:
        """What a value written in `root` names."""
        if isinstance(value, Alternatives):
            return self._any_of([option for option in value.options if option is not None], root)
        if value is None:
            return Named(unknown="what it belongs to is not written")
        if isinstance(value, Unknown) and value.ref is not None:
            address = value.ref.address
            found = self._by_address.get((root, address))
            if found is not None:
                return Named(certain=(found,))
            instances = self._instances(root, address)
            if instances:
                return instances
            if address.startswith("data.") or ".data." in address:
                return Named(external=True)
        key = key_of(value)
        same = self._by_key.get((root, key), []) if key is not None else []
        if len(same) == 1:
            return Named(certain=(same[0],))
        if same:
            # The same name in two regions or accounts: it is one of them.
            return Named(possible=tuple(same))
        if isinstance(value, str):
            elsewhere = self._everywhere.get(value, [])
            return Named(certain=(elsewhere[0],)) if len(elsewhere) == 1 else Named(external=True)
        if isinstance(value, (Unknown, Text)):
            return Named(unknown=value.reason)
        return Named(unknown="what it belongs to is not known")

    def _any_of(self, options: list[Value], root: str) -> Named[T]:
        found = [self.find(option, root) for option in options]
        if len(found) == 1:
            return found[0]
        possible = [item for named in found for item in (*named.certain, *named.possible)]
        distinct = tuple({id(item): item for item in possible}.values())
        return Named(
            possible=distinct,
            external=any(named.external for named in found),
            unknown=next((named.unknown for named in found if named.unknown), ""),
        )

    def _instances(self, root: str, address: str) -> Named[T] | None:
        """What an address names that is not exactly one instance's: `b[0]` where the number of instances is not known
        (`b[?]`), `b[?]` where they are, the same for instances of modules."""
        block, indices = _block(address)
        several = self._by_block.get((root, block)) or self._by_block.get((root, f"{block}[]"), [])
        found = [item for item, theirs in several if _may_be(indices, theirs)]
        if len(found) == 1:
            return Named(certain=(found[0],))
        return Named(possible=tuple(found)) if found else None


_INDEX = regex(r'\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]')


def _block(address: str) -> tuple[str, list[str]]:
    """`module.a[].aws_s3_bucket.b[]`, and the indices, of `module.a["x"].aws_s3_bucket.b[0]`."""
    if "[" not in address:
        return address, []
    return _INDEX.sub("[]", address), _INDEX.findall(address)


def block_of(address: str) -> list[str]:
    """The steps of an address without its indices: `["aws_s3_bucket", "b"]` at the end."""
    return _INDEX.sub("", address).split(".")


def _may_be(one: list[str], other: list[str]) -> bool:
    """Whether two lists of indices may be the same; `[?]` may be any, and one that is left out as well."""
    return all(a == b or "[?]" in (a, b) for a, b in zip(one, other, strict=False))


def elements(value: Value) -> tuple[list[Value], str]:
    """The single values of a list of names, and why there may be more (empty when there are not)."""
    if isinstance(value, list):
        out: list[Value] = []
        reason = ""
        for item in value:
            inner, why = elements(item) if isinstance(item, (list, OpenList)) else ([item], "")
            out += inner
            reason = reason or why
        return out, reason
    if isinstance(value, OpenList):
        return list(value.items), value.reason
    return [value], ""
