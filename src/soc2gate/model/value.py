"""What a property can be: plain data, or honestly not (wholly) known.

Readers make these values, `kinds` moves them into the normal form, rules and the comparison read them. Nothing here
does I/O. A value is one of

- plain data: `None` (absent), bool, int, float, str, `list[Value]`, `dict[str, Value]`;
- `Unknown`: not decided by what was read, with the reason;
- `Text`: a string of which some parts are unknown;
- `OpenList` / `OpenMap`: a collection that may hold more than was decided, with what is known of the rest;
- `Alternatives`: one of several values, and the files do not say which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, Union

from soc2gate.facts import dataclass

Json: TypeAlias = Union[bool, int, float, str, list["Json"], dict[str, "Json"], None]


@dataclass(frozen=True, slots=True)
class Ref:
    """One attribute of one declared resource, as its format spells both."""

    address: str
    """Within its root: `module.web.aws_s3_bucket.b[0]`; in CloudFormation the logical id."""
    attribute: str
    """`arn`, `id`; in CloudFormation `Ref` for a plain reference, else what `Fn::GetAtt` names (`Arn`)."""

    def __str__(self) -> str:
        return f"{self.address}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is kept of a value that was read and may not be kept."""

    secret: bool | None
    """Whether it looked like a credential, beside its name where it has one; None where that could not be told."""
    digest: str = ""
    """An HMAC-SHA256 of it, after the name of its key and a colon; empty where there was no key."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be settled, and why. Never compared as equal to anything."""

    reason: str
    """For people: `variable "acl" has no default`, `known after apply`, `GetBucketPolicy was denied`."""
    ref: Ref | None = None
    """Set only when the value *is* that attribute of that resource."""
    depends: tuple[str, ...] = ()
    """Everything it was computed from: `var.acl`, `aws_kms_key.k.arn`."""
    not_null: bool = False
    """Known to be present and not empty: the computed id or arn of a managed resource."""
    prefix: str = ""
    """A start the text is known to have."""
    withheld: Withheld | None = None
    """Set where it was read, judged and not kept."""
    without: str = ""
    """Characters that the text is known not to hold: an account id has no letters, a policy's name no colon."""


@dataclass(frozen=True, slots=True)
class Text:
    """A partly known string: literal and unknown parts in order, never two literals in a row."""

    parts: tuple[str | Unknown, ...]

    @property
    def reason(self) -> str:
        return next(part.reason for part in self.parts if isinstance(part, Unknown))

    @property
    def depends(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts if isinstance(part, Unknown) for name in part.depends)

    def __str__(self) -> str:
        return "".join(
            part if isinstance(part, str) else "${" + (str(part.ref) if part.ref else "unknown") + "}"
            for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class OpenList:
    """A list that may hold more than `items`."""

    items: tuple[Value, ...]
    more: tuple[Value, ...]
    """A template each: zero or more further elements that are all (at least) like it. An `Unknown` template says
    nothing of them. An element that may or may not exist is a template too."""
    reason: str

    @property
    def depends(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class OpenMap:
    """A map that may hold more keys than `items`; `more` is what each further value is known to be."""

    items: Mapping[str, Value]
    more: Value
    reason: str


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of `options`; `None` among them means the property may be absent."""

    options: tuple[Value, ...]
    reason: str


Special: TypeAlias = Unknown | Text | OpenList | OpenMap | Alternatives
Value: TypeAlias = Union[bool, int, float, str, list["Value"], dict[str, "Value"], Special, None]

SPECIAL = (Unknown, Text, OpenList, OpenMap, Alternatives)


def is_known(value: Value) -> bool:
    """Whether the value and everything inside it is plain data."""
    return first_unknown(value) is None


def first_unknown(value: Value) -> Special | None:
    """The first part that is not plain data, in document order."""
    if isinstance(value, SPECIAL):
        return value
    if isinstance(value, dict):
        children: Iterator[Value] = iter(value.values())
    elif isinstance(value, list):
        children = iter(value)
    else:
        return None
    for child in children:
        found = first_unknown(child)
        if found is not None:
            return found
    return None


def as_json(value: Value) -> Json:
    """Plain data for reports; what is not known is written as `{"$unknown": reason}` and its kin."""
    if isinstance(value, Unknown):
        out: dict[str, Json] = {"$unknown": value.reason}
        if value.ref:
            out["ref"] = str(value.ref)
        return out
    if isinstance(value, Text):
        return {"$text": [part if isinstance(part, str) else as_json(part) for part in value.parts]}
    if isinstance(value, OpenList):
        return {"$list": [as_json(v) for v in value.items], "more": [as_json(v) for v in value.more]}
    if isinstance(value, OpenMap):
        return {"$map": {k: as_json(v) for k, v in value.items.items()}, "more": as_json(value.more)}
    if isinstance(value, Alternatives):
        return {"$one_of": [as_json(v) for v in value.options]}
    if isinstance(value, dict):
        return {key: as_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [as_json(child) for child in value]
    return value
