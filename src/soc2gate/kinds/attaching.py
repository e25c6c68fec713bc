"""Companions find the resource they belong to: by reference, by a unique name, or not at all.

A companion whose target is not known stands as a partial resource that can only fail, and leaves an open end on every
resource of that kind in its root: any of them may be the one. A companion that may not come to exist is an optional
element. Where part of a root was not read, what a companion could have said is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from soc2gate.facts import dataclass, field
from soc2gate.kinds import registry
from soc2gate.kinds.convert import one_of
from soc2gate.kinds.describe import Companion
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.kinds.targets import Named, Targets, elements, may_equal
from soc2gate.model.value import Alternatives, OpenList, Text, Unknown, Value
from soc2gate.schema import lookup


@dataclass(slots=True)
class Roots:
    """Every draft and every companion of all roots, found by address and by name."""

    drafts: list[Draft] = field(default_factory=list)
    targets: dict[str, Targets[Draft]] = field(default_factory=dict)
    companions: list[tuple[Companion, Draft]] = field(default_factory=list)
    by_address: dict[tuple[str, str], tuple[Companion, Draft]] = field(default_factory=dict)
    own: dict[tuple[str, str], Draft] = field(default_factory=dict)
    """By root and address, what an address is itself."""
    by_type: dict[tuple[str, str], list[Draft]] = field(default_factory=dict)

    def add(self, draft: Draft) -> None:
        """Take in a drafted resource."""
        self.drafts.append(draft)
        self.own[draft.root, draft.address] = draft

    def index(self) -> None:
        """Once all drafts are in: settle the names that are other resources' names, and make all of them findable."""
        for draft in self.drafts:
            self._settle_name(draft)
            found = self.targets.get(draft.kind.name)
            if found is None:
                found = self.targets[draft.kind.name] = Targets()
            names = [draft.identity.get(key) or draft.properties.get(key) for key in draft.kind.names]
            names += draft.kind.holds(draft.properties) if draft.kind.holds else ()
            # Where a state tells what it is called, a companion may say just that.
            exports = draft.spelling.exports if draft.spelling is not None else {}
            names += [told for attribute, told in draft.ids.items() if exports.get(attribute) in _OWN]
            found.add(draft, draft.root, draft.address, names)

    def _settle_name(self, draft: Draft) -> None:
        """`bucket = aws_s3_bucket.b.id` is that bucket's name, where that is written."""
        for key in draft.kind.names:
            value = draft.properties.get(key)
            if not isinstance(value, Unknown) or value.ref is None:
                continue
            other = self.own.get((draft.root, value.ref.address))
            if other is None or other is draft or other.spelling is None:
                continue
            name = other.identity.get(other.spelling.exports.get(value.ref.attribute, ""))
            if isinstance(name, str):
                draft.properties[key] = draft.identity["name"] = name

    def resolve_references(self) -> None:
        """Put in what is known of the names and arns that properties refer to."""
        for draft in self.drafts:
            for key, value in draft.properties.items():
                if isinstance(value, Unknown):
                    draft.properties[key] = self._resolved(value, draft)
                elif isinstance(value, list) and any(isinstance(item, Unknown) for item in value):
                    draft.properties[key] = [
                        self._resolved(item, draft) if isinstance(item, Unknown) else item for item in value
                    ]

    def _resolved(self, value: Unknown, draft: Draft) -> Value:
        if value.ref is None:
            return value
        other = self.own.get((draft.root, value.ref.address))
        if other is None or other is draft or other.spelling is None:
            return value
        told = other.identity.get(other.spelling.exports.get(value.ref.attribute, ""))
        return told if isinstance(told, (str, Text)) else value

    def add_companion(self, companion: Companion, draft: Draft) -> None:
        """Take in a companion, as a draft over its own body."""
        self.companions.append((companion, draft))
        self.by_address[draft.root, draft.address] = (companion, draft)

    def of_type(self, root: str, type_: str) -> Sequence[Draft]:
        """The companions of a type in one root."""
        if not self.by_type:
            for _, draft in self.companions:
                self.by_type.setdefault((draft.root, draft.type), []).append(draft)
        return self.by_type.get((root, type_), ())

    def everything(self) -> Iterator[Draft]:
        """All drafts, for their problems."""
        yield from self.drafts
        for _, draft in self.companions:
            yield draft


_OWN = ("arn", "id", "name", "url")
"""What an export gives that names the resource itself."""

_MOST_DOUBTFUL = 16
"""Companions of unknown target that are told apart, for each root and property. Each may belong to every resource of
the kind, so ten thousand of either would make a hundred million of both."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one companion adds to one resource."""

    into: Draft
    companion: Companion
    source: Draft
    piece: Piece
    optional: str
    """Why it may not be there; empty when it is."""


def attach(roots: Roots, unread: Mapping[str, str]) -> None:
    """Give every companion's part to the resource it belongs to; `unread` is, per root, why part of it was not read."""
    parts: list[_Part] = []
    partials: list[Draft] = []
    doubtful: Counter[tuple[str, str, str]] = Counter()
    for companion, source in roots.companions:
        holds = companion.when(source) if companion.when else True
        if holds is False:
            continue
        doubt = source.uncertain or ("" if holds else f"it is not known whether {source.address} says this")
        piece = companion.build(source)
        if piece is None:
            continue
        orphan = False
        for value, named in _all_named(roots, companion, source):
            parts += [_Part(draft, companion, source, piece, doubt) for draft in named.certain]
            maybe = doubt or f"{source.address} may belong to another {source.kind.title}"
            parts += [_Part(draft, companion, source, piece, maybe) for draft in named.possible]
            if named.unknown:
                reason = f"{source.address} may belong to this {source.kind.title}: {named.unknown}"
                key = (source.root, companion.kind, companion.into)
                doubtful[key] += 1
                if doubtful[key] <= _MOST_DOUBTFUL:
                    parts += [
                        _Part(draft, companion, source, piece, doubt or reason)
                        for draft in _candidates(roots, companion, source, value)
                    ]
                elif doubtful[key] == _MOST_DOUBTFUL + 1:
                    # One that says nothing stands for all that follow: less is known than could be, never more.
                    parts += [
                        _Part(draft, companion, source, Unknown(named.unknown), f"{reason}, and others like it")
                        for draft in _candidates(roots, companion, source, None)
                    ]
            orphan = orphan or named.external or bool(named.unknown)
        if orphan and not companion.silent:
            partials.append(_stand_alone(companion, source, piece))
    # What certainly belongs comes first, so that element paths do not move when optional ones follow.
    for part in sorted(parts, key=lambda part: bool(part.optional)):
        _join(part)
    if unread:
        for draft in roots.drafts:
            if draft.root in unread:
                _leave_open(draft, unread[draft.root])
    roots.drafts += {(draft.root, draft.address, draft.kind.name): draft for draft in partials}.values()
    roots.resolve_references()


def _all_named(roots: Roots, companion: Companion, source: Draft) -> Iterator[tuple[Value, Named[Draft]]]:
    """What a companion names, value by value."""
    for value in _names(companion, source):
        named = _find(roots, companion, source, value)
        others = companion.via(source, lambda type_: roots.of_type(source.root, type_)) if companion.via else None
        if others is None or not named.unknown:
            yield value, named
            continue
        for other in others:
            yield other, _find(roots, companion, source, other)


def _names(companion: Companion, source: Draft) -> list[Value]:
    value = source.get(companion.target)
    if value is None or value == []:
        # A policy that lists no role belongs to none; a bucket's versioning always belongs to some bucket.
        return [] if companion.plural else [None]
    if not companion.plural:
        return [value]
    names, open_reason = elements(value)
    return [*names, Unknown(open_reason)] if open_reason else names


def _find(roots: Roots, companion: Companion, source: Draft, value: Value, depth: int = 0) -> Named[Draft]:
    if isinstance(value, Unknown) and value.ref is not None and depth < 10:
        # `bucket = aws_s3_bucket_versioning.v.id`: another companion's id, which is that of its own target.
        other, draft = roots.by_address.get((source.root, value.ref.address), (companion, None))
        if draft is not None and other.kind == companion.kind:
            told = {other.target, "id", "Ref"} if other.id_is_target else {other.target}
            if "awscc_" in value.ref.address:
                from soc2gate.kinds.awscc import attribute_name

                told.add(attribute_name(other.target))
            if value.ref.attribute in told:
                return _find(roots, companion, source, draft.get(other.target), depth + 1)
    targets = roots.targets.get(companion.kind)
    return (targets or Targets[Draft]()).find(value, source.root)


def _candidates(roots: Roots, companion: Companion, source: Draft, value: Value) -> list[Draft]:
    """The resources in the same root that a companion with an unknown target may belong to."""
    targets = roots.targets.get(companion.kind)
    found = targets.in_root(source.root) if targets else []
    if isinstance(value, Text) or (isinstance(value, Unknown) and value.prefix):
        return [draft for draft in found if may_equal(value, draft.identity.get("name") or Unknown("no name"))]
    return found


def _join(part: _Part) -> None:
    draft, path = part.into, part.companion.into
    current = draft.value(path)
    if part.companion.many:
        draft.overwrite(path, _more(draft, path, current, part))
        return
    draft.places[path] = part.source.where
    made = draft.settle(part.piece, path)
    if part.optional:
        made = one_of((current, made), part.optional)
    elif path in draft.members.values() and current is not None:
        made = one_of((current, made), f"{path} is written more than once")
    draft.overwrite(path, made)
    draft.members[part.source.address] = path


def _more(draft: Draft, path: str, current: Value, part: _Part) -> Value:
    items: tuple[Value, ...] = ()
    more: tuple[Value, ...] = ()
    reason = part.optional
    if isinstance(current, list):
        items = tuple(current)
    elif isinstance(current, OpenList):
        items, more, reason = current.items, current.more, current.reason
    elif isinstance(current, Alternatives):
        # Elements of either alternative may be there; nothing is lost by keeping each as a template.
        lists = [option for option in current.options if isinstance(option, list)]
        more = tuple(element for option in lists for element in option)
        reason = current.reason
    elif current is not None:
        reason = current.reason if isinstance(current, Unknown) else "not decided by the files"
        more = (Unknown(reason),)
    # Settled once in its final position, so that the places of its parts stand under the right index.
    start = len(items) + len(more)
    draft.members[part.source.address] = f"{path}[{start}]"
    draft.places.setdefault(path, part.source.where)
    for i in range(len(part.piece) if isinstance(part.piece, (list, tuple)) else 1):
        draft.places[f"{path}[{start + i}]"] = part.source.where
    made = _settle_elements(draft, path, start, part.piece)
    if isinstance(made, OpenList):
        added, open_ended, why = made.items, made.more, made.reason
    elif isinstance(made, list):
        added, open_ended, why = tuple(made), (), ""
    else:
        added, open_ended, why = (), (Unknown("not decided by the files") if made is None else made,), ""
        why = made.reason if isinstance(made, (Unknown, Alternatives)) else "not decided by the files"
    if part.optional:
        more += added + open_ended
        return OpenList(items, more, part.optional)
    items += added
    more += open_ended
    return OpenList(items, more, reason or why) if more else list(items)


def _settle_elements(draft: Draft, path: str, start: int, piece: Piece) -> Value:
    if isinstance(piece, OpenList):
        items = tuple(draft.settle(item, f"{path}[{start + i}]") for i, item in enumerate(piece.items))
        begin = start + len(items)
        return OpenList(
            items,
            tuple(draft.settle(item, f"{path}[{begin + i}]") for i, item in enumerate(piece.more)),
            piece.reason,
        )
    if isinstance(piece, (list, tuple)):
        return [draft.settle(item, f"{path}[{start + i}]") for i, item in enumerate(piece)]
    return draft.settle(piece, path)


def _stand_alone(companion: Companion, source: Draft, piece: Piece) -> Draft:
    """The resource that stands for a companion whose target is not declared here."""
    if companion.stands_as:
        return _own_kind(companion, source, piece)
    draft = Draft(source.kind, None, source.body, source.where)
    draft.format, draft.type, draft.root = source.format, source.type, source.root
    draft.environment = source.environment
    draft.address = source.address
    draft.uncertain = source.uncertain
    draft.raw_places, draft.raw_notes = source.raw_places, source.raw_notes
    draft.partial = True
    reason = f"{source.address} belongs to a resource that is not declared here ({source.kind.title})"
    value = draft.settle(piece, companion.into)
    if companion.many:
        if isinstance(value, OpenList):
            value = OpenList(value.items, (*value.more, Unknown(reason)), value.reason)
        elif isinstance(value, list):
            value = OpenList(tuple(value), (Unknown(reason),), reason)
    for name in (*source.kind.links, *lookup.related(source.kind.name)):
        draft.related[name] = Unknown(reason)
    draft.overwrite(companion.into, value)
    draft.members[source.address] = companion.into
    target = source.get(companion.target)
    if target is not None:
        draft.identity["name"] = target
    return draft


def _own_kind(companion: Companion, source: Draft, piece: Piece) -> Draft:
    """The same, as a kind that exists for itself: it has all its properties, and can pass as well as fail."""
    draft = Draft(registry.kind(companion.stands_as), None, source.body, source.where)
    for name in ("format", "type", "root", "address", "uncertain", "raw_places", "raw_notes", "account", "region"):
        setattr(draft, name, getattr(source, name))
    part = piece[0] if isinstance(piece, list) and piece else piece
    if isinstance(part, Mapping):
        for key, child in part.items():
            draft.set(key, child)
    target = source.at(companion.target)
    if companion.stands_with and target is not None:
        draft.set(companion.stands_with, target if companion.plural else [target])
    return draft


def _leave_open(draft: Draft, reason: str) -> None:
    """Part of the root was not read: a companion that could stand there is not certain to be absent."""
    aws = draft.format == "cloudformation"
    # Beside a resource of the awscc provider both may stand.
    either = draft.spelling is not None and draft.spelling.type.startswith("awscc_")
    for companion in draft.kind.companions:
        if companion.type.startswith("AWS::") is not aws and not either:
            continue
        current = draft.value(companion.into)
        if companion.many:
            items = tuple(current) if isinstance(current, list) else ()
            if current is None or isinstance(current, list):
                draft.overwrite(companion.into, OpenList(items, (Unknown(reason),), reason))
        elif current is None:
            draft.overwrite(companion.into, Unknown(reason))
