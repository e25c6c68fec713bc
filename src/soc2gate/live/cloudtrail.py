"""What an event of CloudTrail's history says of one resource: that it made it, took it away, or changed a property.

An event names every resource it touched: `RunInstances` names the security group that the instance was given, and
changed nothing about it. So what an event did is read from its own name, from what it was asked (`requestParameters`)
and from the names in it; where these do not settle it, the event only *may* have been it, and is told so. A call that
failed changed nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from soc2gate import kinds
from soc2gate.facts import dataclass
from soc2gate.kinds.describe import calls_of
from soc2gate.model.outcome import Difference
from soc2gate.model.value import Json

DAYS = "ninety days"
"""How far back the history goes."""

_MAKES = ("Create", "Run", "Allocate", "Register", "Import", "Copy", "Restore", "Request", "Launch")
_MAY_MAKE = ("Put", "Add", "Enable", "Start", "Set", "Publish")
"""Makes where nothing stands, and changes what does."""
_TAKES_AWAY = ("Delete", "Terminate", "Deregister", "Remove", "Release", "ScheduleKeyDeletion")
_VERB = re.compile(r"^[A-Z][a-z]+")
_VERSION = re.compile(r"(?:20\d{6}(?:v\d+)?|\d{4}_\d\d_\d\d)$")
"""Lambda and CloudFront put the API's version behind the name: `UpdateFunctionConfiguration20150331v2`."""
_SAYS_LITTLE = frozenset({"enabled", "id", "key", "name", "rules", "statement", "status", "type", "value", "values"})
"""Steps of a property path that stand in anything."""
_LEAST = 5
"""Letters that a word needs, to count where it is part of another."""


@dataclass(frozen=True, slots=True)
class Event:
    """One call that somebody made."""

    id: str
    name: str
    source: str
    """`s3`, of `s3.amazonaws.com`."""
    at: str
    """ISO 8601, UTC."""
    by: str
    named: frozenset[str]
    """The resources it touched, as CloudTrail calls them."""
    said: frozenset[str]
    """The names of its parameters, and values that may be names; in lower case."""

    @property
    def about(self) -> str:
        """`BucketEncryption` of `PutBucketEncryption`, in lower case."""
        return _VERB.sub("", _VERSION.sub("", self.name)).lower()

    def told(self) -> str:
        return f"{self.by} with {self.name} at {self.at}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be found out about one resource."""

    difference: Difference
    kind: str
    property: str
    """Empty where the whole resource is meant, or a rule's verdict."""
    names: tuple[str, ...]
    """What CloudTrail may call it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the history says: a text for the report, and whether older events could say it better."""

    text: str
    settled: bool


def read(events: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """Those of LookupEvents' answer that changed something; not what only read, and not what was refused."""
    for event in events:
        if str(event.get("ReadOnly", "")).lower() != "false":
            continue
        whole = _whole(event.get("CloudTrailEvent"))
        if whole.get("errorCode"):
            continue
        at = event["EventTime"]
        yield Event(
            id=str(event.get("EventId", "")),
            name=str(event.get("EventName", "an event")),
            source=str(event.get("EventSource", "")).partition(".")[0],
            at=_time(at) if isinstance(at, datetime) else str(at),
            by=_by(event, whole),
            named=frozenset(
                str(one["ResourceName"]) for one in event.get("Resources") or () if one.get("ResourceName")
            ),
            said=frozenset(_words(whole.get("requestParameters"))),
        )


def _whole(text: object) -> Mapping[str, Json]:
    """The event as CloudTrail wrote it."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _by(event: Mapping[str, Any], whole: Mapping[str, Json]) -> str:
    """Who asked: the user, or the session with the role it had taken on, and the service it went through."""
    who = whole.get("userIdentity")
    identity = who if isinstance(who, dict) else {}
    by = str(event.get("Username") or identity.get("invokedBy") or "an unnamed principal")
    context = identity.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, dict) else None
    role = issuer.get("userName") if isinstance(issuer, dict) else None
    if isinstance(role, str) and role and role != by:
        by = f"{by} as {role}"
    through = identity.get("invokedBy")
    return f"{by} through {through}" if isinstance(through, str) and through and through not in by else by


def _words(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield key.lower()
            yield from _words(child)
    elif isinstance(value, list):
        for child in value:
            yield from _words(child)
    elif isinstance(value, str) and value.isidentifier():
        # `attributeName: KmsMasterKeyId`
        yield value.lower()


def answer(events: Sequence[Event], wanted: Wanted) -> Said:
    """What these events, the newest first, say of who did it."""
    ask = {Difference.MISSING: _who_took_it_away, Difference.UNMANAGED: _who_made_it}.get(
        wanted.difference, _who_changed_it
    )
    return ask([event for event in events if event.source in _sources(wanted.kind)], wanted)


def _who_took_it_away(events: Sequence[Event], wanted: Wanted) -> Said:
    ends = next(
        (one for one in events if one.name.startswith((*_TAKES_AWAY, *_MAKES)) and _is_whole(one, wanted)), None
    )
    if ends is not None and ends.name.startswith(_TAKES_AWAY):
        return Said(f"deleted by {ends.told()}, says CloudTrail", settled=True)
    if ends is not None:
        return Said(f"who deleted it is not known: CloudTrail tells last that it was created, by {ends.told()}", False)
    maybe = next((one for one in events if one.name.startswith(_TAKES_AWAY)), None)
    if maybe is not None:
        return _maybe("deleted", maybe)
    return _nobody("deleted", wanted)


def _who_made_it(events: Sequence[Event], wanted: Wanted) -> Said:
    found = next((one for one in events if one.name.startswith(_MAKES) and _is_whole(one, wanted)), None)
    if found is not None:
        return Said(f"created by {found.told()}, says CloudTrail", settled=True)
    maybe = [one for one in events if one.name.startswith((*_MAKES, *_MAY_MAKE))]
    if maybe:
        return _maybe("created", maybe[-1])
    last = f"; last changed by {events[0].told()}" if events and _is_of(events[0], wanted) else ""
    return Said(f"{_nobody('created', wanted).text}{last}", settled=False)


def _who_changed_it(events: Sequence[Event], wanted: Wanted) -> Said:
    did = _is_about if wanted.property else _is_of
    found = next((one for one in events if did(one, wanted)), None)
    if found is not None:
        return Said(f"last changed by {found.told()}, says CloudTrail", settled=True)
    return _maybe("changed", events[0]) if events else _nobody("changed", wanted)


def _maybe(what: str, event: Event) -> Said:
    told = f"may have been {what} by {event.told()}: CloudTrail does not say that this was what it {what}"
    return Said(told, settled=False)


def _nobody(what: str, wanted: Wanted) -> Said:
    names = " or ".join(wanted.names)
    return Said(f"who {what} it is not known: CloudTrail has no such event of {names} in its {DAYS}", settled=False)


def _is_whole(event: Event, wanted: Wanted) -> bool:
    """Whether an event is about the kind as a whole: `TerminateInstances`, `RestoreTableFromBackup`; deleting a
    bucket's policy deletes no bucket."""
    return any(re.fullmatch(rf"{noun}s?(?:(?:from|with|deletion).*)?", event.about) for noun in _nouns(wanted.kind))


def _is_of(event: Event, wanted: Wanted) -> bool:
    """Whether an event did something to the resource itself, and did not only touch it: it names nothing else, or its
    own name is about this kind and not about making another thing beside it."""
    if event.named and event.named <= set(wanted.names):
        return True
    if event.name.startswith(_MAKES):
        return _is_whole(event, wanted)
    return any(noun in event.about for noun in _nouns(wanted.kind))


def _is_about(event: Event, wanted: Wanted) -> bool:
    """Whether an event set this property: it is called so, or as what reads it is, or was asked with it."""
    steps = _steps(wanted.property)
    if event.name.startswith(_MAKES) and _is_whole(event, wanted):
        # It set all the rest as well: what it does not say may be a default, or another's.
        return any(step in event.said for step in steps)
    if steps[:1] == ["tags"]:
        return "tag" in event.about
    if not _is_of(event, wanted) and not any(step in event.about for step in steps):
        return False
    nouns = {*steps[:1], *_read_as(wanted.kind, wanted.property)}
    if event.about not in _nouns(wanted.kind) and any(_same(event.about, noun) for noun in nouns):
        return True
    return any(_same(word, step) for step in steps for word in event.said)


def _same(one: str, other: str) -> bool:
    """`policyarn` is said in `managedpolicyarns`."""
    return one == other or (min(len(one), len(other)) >= _LEAST and (one in other or other in one))


def _steps(path: str) -> list[str]:
    """The words of a property path that say something, in lower case."""
    steps = [step.lower() for step in re.split(r"[.\[\]]+", path) if step and not step.isdigit()]
    return [step for step in steps if step not in _SAYS_LITTLE] or steps[:1]


@cache
def _nouns(kind: str) -> frozenset[str]:
    """What events call a kind, in lower case: as its name has it, and as the call that lists it."""
    live = kinds.kind(kind).live
    listing = live.enumerate if live is not None else None
    found = {kind.rpartition("::")[2].lower(), _ALSO_CALLED.get(kind, "")}
    if listing is not None and listing.operation.startswith(("describe_", "list_")):
        found.add("".join(listing.operation.split("_")[1:]).removesuffix("s"))
    return frozenset(found - {""})


_ALSO_CALLED = {"AWS::IAM::ManagedPolicy": "policy"}


def _read_as(kind: str, path: str) -> Iterator[str]:
    """What the call that tells a property is about: `bucketversioning` for `VersioningConfiguration`."""
    live = kinds.kind(kind).live
    top = re.split(r"[.\[]", path, maxsplit=1)[0]
    for call in live.details if live is not None else ():
        told = call.into.split(",")
        # A call that tells everything says nothing about one of it.
        if top in told and len(told) <= _FEW:
            yield "".join(call.operation.split("_")[1:])


_FEW = 3


def _sources(kind: str) -> frozenset[str]:
    """The services whose events are about a kind, as CloudTrail calls them: by what reads it."""
    live = kinds.kind(kind).live
    prefixes = {call.action.partition(":")[0] for call in calls_of(live)} if live is not None else set()
    # Tags are also set through a service of their own.
    return frozenset({_CALLED.get(prefix, prefix) for prefix in prefixes} | {"tagging"})


_CALLED = {"cloudwatch": "monitoring"}
"""IAM's word for a service, where CloudTrail's is another."""
