"""A principal: somebody or something that may act, with what it may do and when it last did.

What could not be read is told as unknown, with the reason: a reviewer who is shown nothing would take it for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from soc2gate.facts import dataclass, field
from soc2gate.model.resource import LiveRef, Resource
from soc2gate.model.value import Json, Unknown, Value

LEVELS = ("admin", "escalation", "unknown", "write", "read", "none")
"""The most a principal may do, the worst first; `escalation` may grant itself the rest, `unknown` may be anything."""
READ = ("get", "list", "describe", "head", "batchget", "lookup", "search", "view", "query", "scan", "select", "watch")
"""How the names of actions begin that change nothing."""


@dataclass(frozen=True, slots=True)
class Key:
    """An access key: whoever holds it needs nothing else."""

    active: bool | None
    age_days: int | None
    last_used: str
    """A day, `never`, or why that is not known."""


@dataclass(frozen=True, slots=True)
class Principal:
    id: str
    """An ARN, or `CLUSTER:KIND:NAME`: what reviewers are named for."""
    type: str
    """`root`, `user`, `group`, `role`; in a cluster `User`, `Group`, `ServiceAccount`."""
    place: str
    """`aws:123456789012`, `kubernetes:prod`."""
    name: str
    level: str
    privileges: tuple[str, ...]
    unique_id: str = ""
    """The provider's own id: somebody made anew under an old name has another."""
    mfa: str = ""
    last_used: str = ""
    keys: tuple[Key, ...] = ()
    assumed_by: tuple[str, ...] = ()
    """Of a role: who may take it on."""
    member_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """Principals, or what they may do, that could not be read."""

    place: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    principals: tuple[Principal, ...]
    unread: tuple[Unread, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What is no reviewer's to decide, with how many of it there are."""


def worst(levels: set[str]) -> str:
    return next((level for level in LEVELS if level in levels), "none")


def is_reading(action: str) -> bool:
    """Whether an action's name (`GetObject`, `List*`) says that it changes nothing."""
    return action.lower().startswith(READ)


def told(resource: Resource, path: str, otherwise: str) -> str:
    """A time as its day; `otherwise` where the provider looked and has none, and why it is unknown where nobody did."""
    value = resource.properties.get(path)
    if isinstance(value, Unknown):
        return f"unknown: {value.reason}"
    if isinstance(value, str) and value:
        return value[:10]
    return otherwise if path in resource.places else "unknown: the snapshot does not tell"


def seen_in(resource: Resource) -> str:
    """The account or the cluster that a live resource was seen in."""
    return resource.where.account if isinstance(resource.where, LiveRef) else ""


def text_of(value: Value) -> str:
    return value if isinstance(value, str) else ""


def days_between(earlier: str, later: str) -> int | None:
    try:
        return max(0, (date.fromisoformat(later[:10]) - date.fromisoformat(earlier[:10])).days)
    except ValueError:
        return None


def as_json(one: Principal) -> dict[str, Json]:
    return {
        "id": one.id,
        "unique_id": one.unique_id,
        "type": one.type,
        "place": one.place,
        "name": one.name,
        "level": one.level,
        "privileges": list(one.privileges),
        "mfa": one.mfa,
        "last_used": one.last_used,
        "keys": [{"active": key.active, "age_days": key.age_days, "last_used": key.last_used} for key in one.keys],
        "assumed_by": list(one.assumed_by),
        "member_of": list(one.member_of),
    }
