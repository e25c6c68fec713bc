"""Where code and live state disagree: one disagreement per pair and property, with the rules that care."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from soc2gate import kinds, schema
from soc2gate.engine import differences as spelled
from soc2gate.engine.evaluate import fingerprint
from soc2gate.engine.match import Matching, Unpaired
from soc2gate.engine.parts import Gone, Pair
from soc2gate.engine.reads import Reads
from soc2gate.engine.unsaid import Elsewhere, unsaid_of
from soc2gate.facts import replace
from soc2gate.kinds.kubernetes_api import POD_TEMPLATE, path_in_workload
from soc2gate.model.credentials import holds_credential
from soc2gate.model.outcome import WITHHELD, Difference, Disagreement, Finding, RuleContrast, Verdict
from soc2gate.model.resource import LiveRef, Resource, Side, Where, place_of
from soc2gate.model.rule import Rule, RuleSet, Severity
from soc2gate.model.value import OpenList, Ref, Value

_WORST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)


def compare(
    matching: Matching,
    judged: Judged,
    *,
    listed: Callable[[Resource], LiveRef | None] = lambda resource: None,
) -> list[Disagreement]:
    """Every disagreement, in a stable order.

    `listed(resource)` is the call that listed live resources of a declared resource's kind: what saw that it is
    missing.
    """
    found: list[Disagreement] = []
    resolve = _resolver(matching)
    elsewhere = Elsewhere(matching.partial)
    told: dict[int, set[str]] = defaultdict(set)
    for gone in matching.gone:
        because = _because(gone, judged)
        told[id(gone.whole)] |= {contrast.id for contrast in because}
        alone = _one_sided(gone.part, Difference.MISSING, judged, live_where=listed(gone.part))
        found.append(_with_effects(alone, gone, because, judged))
    for pair in matching.pairs:
        found += _pair(pair, judged, resolve, elsewhere, told[id(pair)])
    for resource in matching.missing:
        found.append(_one_sided(resource, Difference.MISSING, judged, live_where=listed(resource)))
    parts: dict[Value, list[Resource]] = defaultdict(list)
    for resource in matching.parts:
        parts[resource.identity.get("parent") or resource.address].append(resource)
    for resource in matching.unmanaged:
        # A bucket's policy comes with the bucket: what nobody declared is the bucket, and the policy counts against it.
        found.append(_one_sided(resource, Difference.UNMANAGED, judged, parts=_parts_of(resource, parts)))
    for pair in matching.pairs:
        # A part that somebody added to what code does declare stands for itself.
        for part in _parts_of(pair.live, parts) if not pair.declared.derived_from else ():
            found.append(_one_sided(part, Difference.UNMANAGED, judged))
    for unpaired in matching.undecided:
        found.append(_undecided(unpaired, judged))
    found.sort(key=lambda item: (item.kind, item.address, item.difference.value, item.property or "", item.uid))
    return found


def undeclared(matching: Matching, judged: Judged, *, told: Iterable[Disagreement]) -> list[Disagreement]:
    """Live properties that rules read and code never says: a tier of its own, in a stable order.

    `told` are the disagreements: a property of which a rule's verdict differs is told there, and not again.
    """
    resolve = _resolver(matching)
    elsewhere = Elsewhere(matching.partial)
    known = {(item.kind, item.uid, item.property) for item in told}
    found = []
    for pair in matching.pairs:
        for leaf in _unsaid(pair, judged, resolve, elsewhere):
            if not spelled.says_something(leaf.live):
                # What creating gave and is not there any more: where that matters, a rule's verdict has told it.
                continue
            names = _concerned(pair, leaf.path, judged, asked=True) or _concerned(pair, leaf.path, judged)
            contrasts = [_contrast(name, pair, judged) for name in names]
            item = _disagreement(pair, leaf, contrasts, judged, leaf=leaf.path)
            if (item.kind, item.uid, item.property) not in known:
                found.append(replace(item, difference=Difference.UNDECLARED))
    found.sort(key=lambda item: (item.kind, item.address, item.property or "", item.uid))
    return found


def _parts_of(live: Resource, parts: Mapping[Value, list[Resource]]) -> list[Resource]:
    return parts.get(live.identity.get("arn") or live.address) or parts.get(live.address) or []


_ByResource: TypeAlias = dict[tuple[str, str, str], dict[str, Finding]]
"""Root, address and kind to the findings by rule."""


class Judged:
    """Findings by resource, and what the rules on a kind weigh."""

    def __init__(self, findings: Iterable[Finding], rules: RuleSet) -> None:
        ours: _ByResource = defaultdict(dict)
        theirs: _ByResource = defaultdict(dict)
        self._on_singletons: dict[str, list[Finding]] = defaultdict(list)
        self.rules = rules
        self.reads = Reads(rules)
        self._ours, self._theirs = ours, theirs
        singletons = {name for name in kinds.known_kinds() if kinds.kind(name).singleton}
        last: tuple[Side, str, str, str] | None = None
        told: dict[str, Finding] = {}
        for finding in findings:
            here = (finding.side, finding.root, finding.address, finding.kind)
            if here != last:
                # One resource's findings come one after the other.
                last, told = here, (ours if finding.side is Side.DECLARED else theirs)[here[1:]]
            told[finding.rule] = finding
            if finding.side is Side.LIVE and finding.kind in singletons:
                self._on_singletons[finding.rule].append(finding)
        self._on_kind: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules.rules.values():
            for kind in {case.kind for case in rule.cases}:
                self._on_kind[kind].append(rule)

    def of(self, resource: Resource) -> Mapping[str, Finding]:
        found = self._ours if resource.side is Side.DECLARED else self._theirs
        return found.get((resource.root, resource.address, resource.kind), {})

    def weight(self, name: str, declared: Resource, live: Resource) -> Severity | None:
        """What a rule weighs for a pair: as it is found on either side, or at most where it asks something else; None
        where it does not apply."""
        found = [side[name] for side in (self.of(declared), self.of(live)) if name in side]
        if not found:
            return self.rules.rules[name].severity
        return max((one.severity for one in found if one.verdict is not Verdict.NOT_APPLICABLE), default=None)

    def of_singleton(self, rule: str, declared: Resource) -> Verdict | None:
        """The worst live answer where a rule asks the account what code says per resource."""
        answers = [
            finding.verdict
            for finding in self._on_singletons.get(rule, ())
            if _covers(finding.identity, declared.identity)
        ]
        return next((verdict for verdict in _WORST if verdict in answers), None)

    def on_kind(self, kind: str) -> Sequence[Rule]:
        derived = self._on_kind.get("Kubernetes::PodTemplate", []) if kinds.is_workload(kind) else []
        return [*self._on_kind.get(kind, []), *derived]

    def criteria(self, names: Iterable[str]) -> tuple[str, ...]:
        claimed = {one for name in names for one in self.rules.criteria_of(self.rules.rules[name])}
        return tuple(one for one in self.rules.criteria if one in claimed)


def _covers(singleton: Mapping[str, Value], declared: Mapping[str, Value]) -> bool:
    """Whether an account, or one region of it, is where a declared resource goes, as far as both are known."""
    account, region = declared.get("account"), declared.get("region")
    return (not isinstance(account, str) or singleton.get("account") in (account, None)) and (
        not isinstance(region, str) or singleton.get("region") in (region, "global", None)
    )


def _resolver(matching: Matching) -> Callable[[str], spelled.Resolve]:
    """For one root: what a reference to a declared resource reads as, once that resource is paired."""
    live_by_address: dict[tuple[str, str], Resource] = {}
    for pair in matching.pairs:
        if not pair.declared.derived_from:
            live_by_address[(pair.declared.root, pair.declared.address)] = pair.live

    def for_root(root: str) -> spelled.Resolve:
        def resolve(ref: Ref) -> frozenset[str] | None:
            live = live_by_address.get((root, ref.address))
            if live is None or _plain_name(ref.attribute) not in _own_names(live.kind):
                return None
            values = [live.identity.get(key) for key in _NAMES]
            return frozenset(value for value in values if isinstance(value, str) and value)

        return resolve

    return for_root


_NAMES = ("arn", "id", "name", "alias", "url")
"""What a resource's identity keeps of its own names."""


@cache
def _own_names(kind: str) -> frozenset[str]:
    """The attributes that give one of a resource's own names, in every spelling, as `_plain_name` has them; an
    endpoint, a qualified ARN or the default security group of a VPC is something else."""
    described = kinds.kind(kind)
    spellings = [*described.terraform, *([described.cloudformation] if described.cloudformation else [])]
    exported = (
        attribute
        for spelling in spellings
        for attribute, key in spelling.exports.items()
        if key in _NAMES or key in described.names
    )
    return frozenset(map(_plain_name, ("ref", *_NAMES, *exported)))


def _plain_name(attribute: str) -> str:
    """The same for `TopicArn` and the `topic_arn` that the awscc provider makes of it."""
    return attribute.lower().replace("_", "")


def _because(gone: Gone, judged: Judged) -> list[RuleContrast]:
    """The rules that say something else of the whole because a part of it is gone."""
    ours, theirs = judged.of(gone.whole.declared), judged.of(gone.whole.live)
    contrasts = (_contrast(name, gone.whole, judged) for name in sorted({*ours} & {*theirs}))
    return [
        contrast
        for contrast in contrasts
        if _matters(contrast)
        and Verdict.UNKNOWN not in _answers(contrast)
        and any(_reads(ours[contrast.id], theirs[contrast.id], path) for path in gone.effects())
    ]


def _with_effects(alone: Disagreement, gone: Gone, because: Sequence[RuleContrast], judged: Judged) -> Disagreement:
    """A missing part with what its going did to the whole."""
    if not because:
        return alone
    whole = gone.whole
    weights = [judged.weight(one.id, whole.declared, whole.live) for one in because]
    criteria = judged.criteria([one.id for one in (*alone.rules, *because)])
    return replace(
        alone,
        rules=tuple(sorted({one.id: one for one in (*alone.rules, *because)}.values(), key=lambda one: one.id)),
        criteria=criteria,
        severity=max((weight for weight in (alone.severity, *weights) if weight is not None), default=None),
        reason=f"{whole.declared.address} is without it",
    )


def _pair(
    pair: Pair,
    judged: Judged,
    resolver: Callable[[str], spelled.Resolve],
    elsewhere: Elsewhere,
    told_elsewhere: Iterable[str],
) -> Iterator[Disagreement]:
    """What differs between two; rules `told_elsewhere` differ for a reason that has a disagreement of its own."""
    declared, live = pair.declared, pair.live
    spelling = spelling_of(declared.kind)
    if declared.initial:
        # What creating gives and no apply restores: a change of it contradicts nothing that code says.
        free = {re.sub(r"\[\d+\]", "[*]", path) for path in declared.initial}
        spelling = replace(spelling, ignored=spelling.ignored | free)
    leaves = list(
        spelled.differences(
            declared.properties,
            live.properties,
            read=lambda name: name in live.places,
            spelling=spelling,
            resolve=resolver(declared.root),
        )
    )
    told = {*told_elsewhere}
    for difference, leaf in _grouped(leaves, whole=declared.kind.startswith("AWS::"), declared=declared, live=live):
        contrasts = []
        for name in _concerned(pair, difference.path, judged, asked=True):
            contrast = _contrast(name, pair, judged)
            if difference.hidden and difference.reason and not _matters(contrast):
                # What was not kept was judged first: where both sides are, the rule has no question left.
                continue
            contrasts.append(contrast)
            told.add(name)
        yield _disagreement(pair, difference, contrasts, judged, leaf=leaf)
    yield from _by_verdict_alone(pair, told, judged, resolver, elsewhere)


def _by_verdict_alone(
    pair: Pair,
    told: set[str],
    judged: Judged,
    resolver: Callable[[str], spelled.Resolve],
    elsewhere: Elsewhere,
) -> Iterator[Disagreement]:
    """Rules that answer differently although nothing differs that code says.

    Where that comes of a property which code leaves unsaid, the disagreement is about it.
    """
    ours, theirs = judged.of(pair.declared), judged.of(pair.live)
    alone = {
        name: contrast
        for name in sorted({*ours} & {*theirs} - told)
        if _matters(contrast := _contrast(name, pair, judged))
    }
    for unsaid in _unsaid(pair, judged, resolver, elsewhere) if alone else ():
        because = [
            name
            for name, contrast in alone.items()
            if Verdict.UNKNOWN not in _answers(contrast) and _reads(None, theirs[name], unsaid.path)
        ]
        if because:
            names = sorted({*because, *_concerned(pair, unsaid.path, judged, asked=True)})
            contrasts = [_contrast(name, pair, judged) for name in names]
            yield _disagreement(pair, unsaid, contrasts, judged, leaf=unsaid.path)
            for name in because:
                del alone[name]
    for name, contrast in alone.items():
        yield _disagreement(pair, _verdict_difference(name, ours, theirs), [contrast], judged)


def _unsaid(
    pair: Pair, judged: Judged, resolver: Callable[[str], spelled.Resolve], elsewhere: Elsewhere
) -> Iterable[spelled.Difference]:
    declared, live = pair.declared, pair.live
    readings = judged.reads.of(declared.kind, declared.derived_from)
    if not readings.each:
        return ()
    spelling = spelling_of(declared.kind)
    walk = spelled.Walk(spelling, resolver(declared.root))
    return unsaid_of(declared, live, readings=readings, spelling=spelling, walk=walk, elsewhere=elsewhere)


def _concerned(pair: Pair, path: str, judged: Judged, *, asked: bool = False) -> list[str]:
    """The rules that read a property of a pair; with `asked` only those that apply to it on some side."""
    ours, theirs = judged.of(pair.declared), judged.of(pair.live)
    steps = _pattern(path)
    names = {name for name in {*ours, *theirs} if _reads(ours.get(name), theirs.get(name), path)}
    for reading in judged.reads.of(pair.declared.kind, pair.declared.derived_from).of(steps):
        if reading.rule in names:
            continue
        # What a rule asks of another resource, through a link or of a part, it asks whatever becomes of this one.
        found = [side[reading.rule].verdict for side in (ours, theirs) if reading.rule in side]
        direct = reading.about == pair.declared.kind
        if not asked or not direct or any(verdict is not Verdict.NOT_APPLICABLE for verdict in found):
            names.add(reading.rule)
    return sorted(names)


def _answers(contrast: RuleContrast) -> set[Verdict | None]:
    return {contrast.declared, contrast.live}


@cache
def spelling_of(kind: str) -> spelled.Spelling:
    described = kinds.kind(kind)
    facts = schema.facts(kind)
    return spelled.Spelling(
        # What we added to a schema is the API's to tell; code never writes it.
        ignored=frozenset({*facts.read_only, *facts.write_only, *facts.ours, *described.ignored})
        - frozenset(described.compared),
        unordered=frozenset({*facts.unordered, *described.unordered}),
        settings=frozenset(described.settings),
        whole=frozenset(described.whole),
    )


def _grouped(
    leaves: Sequence[spelled.Difference], *, whole: bool, declared: Resource, live: Resource
) -> Iterator[tuple[spelled.Difference, str]]:
    """One difference per top-level property of an AWS resource, at the deepest path that covers it, with the path of
    the first value that differs.

    AWS sets such a property in one call (PutBucketEncryption), so a change of it is one change. Kubernetes fields
    have owners of their own and stay apart.
    """
    if not whole:
        yield from ((leaf, leaf.path) for leaf in leaves)
        return
    groups: dict[tuple[str, bool, bool], list[spelled.Difference]] = defaultdict(list)
    for leaf in leaves:
        groups[(re.split(r"[.\[]", leaf.path, maxsplit=1)[0], bool(leaf.reason), leaf.hidden)].append(leaf)
    for group in groups.values():
        if len(group) == 1:
            yield group[0], group[0].path
            continue
        path = _common_path([leaf.path for leaf in group])
        whole_value = replace(group[0], path=path)
        if not whole_value.hidden:
            whole_value = replace(
                whole_value, declared=value_at(declared.properties, path), live=value_at(live.properties, path)
            )
        yield whole_value, group[0].path


def _common_path(paths: Sequence[str]) -> str:
    split = [_steps(path) for path in paths]
    common: list[str] = []
    for steps in zip(*split, strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    return "".join(common).lstrip(".")


def _steps(path: str) -> list[str]:
    return re.findall(r"\.?[^.\[]+|\[\d+\]", path)


def value_at(properties: Mapping[str, Value], path: str) -> Value:
    """The value at a property path; None where nothing stands there."""
    value: Value = dict(properties)
    for step in _steps(path):
        if step.startswith("["):
            items: Sequence[Value] = (
                value if isinstance(value, list) else value.items if isinstance(value, OpenList) else []
            )
            index = int(step[1:-1])
            value = items[index] if index < len(items) else None
        else:
            value = value.get(step.lstrip(".")) if isinstance(value, dict) else None
    return value


def _reads(ours: Finding | None, theirs: Finding | None, path: str) -> bool:
    """Whether a rule's verdict rests on the property, on either side; indices may differ between the sides."""
    for finding in (ours, theirs):
        for evidence in finding.evidence if finding is not None else ():
            if _overlap(path, evidence.path):
                return True
    return False


@cache
def _pattern(path: str) -> tuple[str, ...]:
    return tuple(step for step in re.split(r"[.\[\]]+", path) if step and not step.isdigit())


@cache
def _overlap(path: str, other: str) -> bool:
    one, two = _pattern(path), _pattern(other)
    shorter = min(len(one), len(two))
    return one[:shorter] == two[:shorter]


def _contrast(name: str, pair: Pair, judged: Judged) -> RuleContrast:
    ours, theirs = judged.of(pair.declared), judged.of(pair.live)
    live = theirs[name].verdict if name in theirs else None
    if live is None and name in ours:
        live = judged.of_singleton(name, pair.declared)
    return RuleContrast(name, ours[name].verdict if name in ours else None, live)


def _matters(contrast: RuleContrast) -> bool:
    """Verdicts that differ, one of them a failure or undecided; pass against not applicable is no disagreement."""
    return contrast.declared is not contrast.live and bool(_answers(contrast) & {Verdict.FAIL, Verdict.UNKNOWN})


def _verdict_difference(name: str, ours: Mapping[str, Finding], theirs: Mapping[str, Finding]) -> spelled.Difference:
    """A rule that answers differently although no declared property differs."""
    for finding, side in ((theirs[name], "live"), (ours[name], "in code")):
        if finding.verdict is Verdict.UNKNOWN:
            return spelled.Difference("", None, None, f"{name} is not decided {side}: {finding.reason}")
    return spelled.Difference("", None, None)


def _disagreement(
    pair: Pair,
    difference: spelled.Difference,
    contrasts: Sequence[RuleContrast],
    judged: Judged,
    *,
    leaf: str = "",
) -> Disagreement:
    declared, live = pair.declared, pair.live
    names = [contrast.id for contrast in contrasts]
    weights = [weight for name in names if (weight := judged.weight(name, declared, live)) is not None]
    live_where = _written(live, leaf)
    uid = live_where.uid if isinstance(live_where, LiveRef) else live.address
    # A pod template is told as the workload it stands in; a policy has a name of its own.
    kind = declared.derived_from if declared.kind == POD_TEMPLATE else declared.kind
    path = path_in_workload(kind, difference.path) if declared.kind == POD_TEMPLATE else difference.path
    return Disagreement(
        kind=kind,
        address=declared.address,
        uid=uid,
        difference=Difference.UNDECIDED if difference.reason else Difference.CHANGED,
        property=path or None,
        declared=_shown(difference.declared),
        live=_shown(difference.live),
        declared_where=_written(declared, leaf),
        live_where=live_where if isinstance(live_where, LiveRef) else None,
        rules=tuple(contrasts),
        criteria=judged.criteria(names),
        severity=max(weights, default=None),
        reason="; ".join(
            said
            for said in (
                difference.reason or difference.note or declared.defaults.get(leaf, ""),
                "" if difference.reason else _who_changed(live, difference.path),
            )
            if said
        ),
        environment=declared.environment,
        fingerprint=fingerprint("pair", kind, declared.root, declared.address, path or ",".join(names)),
    )


def _shown(value: Value, name: str = "") -> Value:
    """A value as a report may say it: without what looks like a credential."""
    if isinstance(value, str):
        return WITHHELD if holds_credential(f"{name}={value}" if name else value) is True else value
    if isinstance(value, list):
        return [_shown(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    named = next((said for key in ("Name", "name") if isinstance(said := value.get(key), str)), "")
    return {key: _shown(child, named if key in ("Value", "value") else key) for key, child in value.items()}


def _who_changed(live: Resource, path: str) -> str:
    """Who set the property last, where the cluster says so."""
    if not live.notes or not path:
        return ""
    # Imported here: only objects of a cluster say it.
    from soc2gate.kinds import kubernetes_managers

    return kubernetes_managers.who(live.notes, path)


def _who_made(live: Resource) -> str:
    """How an object that nobody declared came to be, where the cluster says so."""
    if not live.notes:
        return ""
    from soc2gate.kinds import kubernetes_managers

    return kubernetes_managers.made(live.notes)


def _written(resource: Resource, path: str) -> Where:
    """Where a value was written or seen. A list that a companion fills is written where its first element is."""
    if path and path not in resource.places:
        below = sorted(place for place in resource.places if place.startswith((f"{path}[", f"{path}.")))
        if below:
            return resource.places[below[0]]
    return place_of(resource.places, path, resource.where)


def _one_sided(
    resource: Resource,
    difference: Difference,
    judged: Judged,
    *,
    live_where: LiveRef | None = None,
    parts: Sequence[Resource] = (),
) -> Disagreement:
    answers = {name: finding for one in (*parts, resource) for name, finding in judged.of(one).items()}
    declared = resource.side is Side.DECLARED
    on_kind = [rule for kind in (resource.kind, *(part.kind for part in parts)) for rule in judged.on_kind(kind)]
    where = resource.where
    uid = resource.identity.get("arn") or resource.identity.get("id") or resource.address
    return Disagreement(
        kind=resource.kind,
        address=resource.address,
        uid="" if declared else uid if isinstance(uid, str) else resource.address,
        difference=difference,
        property=None,
        declared=None,
        live=None,
        declared_where=where if declared else None,
        live_where=live_where if declared else where if isinstance(where, LiveRef) else None,
        rules=tuple(
            RuleContrast(name, finding.verdict if declared else None, None if declared else finding.verdict)
            for name, finding in sorted(answers.items())
        ),
        criteria=judged.criteria(answers or [rule.id for rule in on_kind]),
        severity=max((rule.severity for rule in on_kind), default=None),
        reason=_who_made(resource) if difference is Difference.UNMANAGED else "",
        environment=resource.environment,
        fingerprint=fingerprint(difference.value, resource.kind, resource.root, resource.address),
    )


def _undecided(unpaired: Unpaired, judged: Judged) -> Disagreement:
    return replace(_one_sided(unpaired.resource, Difference.UNDECIDED, judged), reason=unpaired.reason)
