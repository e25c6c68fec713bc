"""Other engines' results brought beside ours: mapped to controls and criteria, told once where we ask the same.

A rule of ours that asks the same and was asked of the same resource stands, and what the other engine says is told with
it: ours follows variables, companions and defaults, and says when it does not know. A skip is a waiver that nobody
approved: it counts where the configuration accepts such, and else the check was simply not asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from soc2gate.bridges.reported import FAIL, PASS, SKIPPED, UNKNOWN, Places, Report, Reported
from soc2gate.engine.evaluate import fingerprint
from soc2gate.facts import dataclass, replace
from soc2gate.model.checks import NO_CONTROL, Check, CheckMap
from soc2gate.model.outcome import Also, CheckWords, EngineUse, Finding, Verdict, Waiver
from soc2gate.model.resource import Problem, Resource, Side, Span, Weight, Where, place_of
from soc2gate.model.rule import RuleSet

_VERDICTS = {PASS: Verdict.PASS, FAIL: Verdict.FAIL, UNKNOWN: Verdict.UNKNOWN, SKIPPED: Verdict.UNKNOWN}
_Owner = tuple[str, str]
"""Root and address of a resource of ours."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What results have to meet."""

    rules: RuleSet
    """All that is asked."""
    maps: Mapping[str, CheckMap]
    narrowed: bool = False
    """Only some of our rules are asked: then only checks about their controls are told."""
    accepts_skips_of: Callable[[str], bool] = lambda engine: False
    """Whether an engine's skips count as waivers, though nobody approved them."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Our findings with others' beside them."""

    findings: tuple[Finding, ...]
    engines: tuple[EngineUse, ...] = ()
    problems: tuple[Problem, ...] = ()


def join(
    reports: Iterable[Report], findings: Sequence[Finding], resources: Iterable[Resource], places: Places, terms: Terms
) -> Joined:
    """Every report brought in, one after the other; the order of reports is the order of the engines told."""
    known = _Known(resources, findings)
    beside: list[Finding] = []
    engines: list[EngineUse] = []
    problems: list[Problem] = []
    for report in reports:
        part = _Part(report, known, places, terms)
        beside += part.findings()
        engines.append(part.use())
        problems += [*report.problems, *part.problems()]
    ours = [
        replace(item, also=tuple(known.also[index])) if index in known.also else item
        for index, item in enumerate(findings)
    ]
    beside.sort(key=lambda item: (item.side.value, item.root, item.address, item.kind, item.rule, item.fingerprint))
    return Joined((*ours, *beside), tuple(engines), tuple(problems))


class _Known:
    """Our resources by address and by place, and which of our findings stand about them."""

    def __init__(self, resources: Iterable[Resource], findings: Sequence[Finding]) -> None:
        self.findings = findings
        self.also: dict[int, list[Also]] = {}
        self._asked: dict[tuple[str, _Owner], list[int]] = {}
        for index, item in enumerate(findings):
            # One that does not apply was asked too: the other engine may not know why it does not.
            self._asked.setdefault((item.rule, (item.root, item.address)), []).append(index)
        self._addresses: dict[str, list[tuple[_Owner, str]]] = {}
        self._lines: dict[str, list[tuple[int, int, _Owner]]] = {}
        self._kinds: dict[_Owner, str] = {}
        for resource in resources:
            if not resource.partial:
                self._add(resource)

    def _add(self, resource: Resource) -> None:
        owner = (resource.root, resource.address)
        if not resource.derived_from:
            self._kinds.setdefault(owner, resource.kind)
        where = resource.where
        if not isinstance(where, Span):
            for name in {resource.address, str(resource.identity.get("arn", ""))} - {""}:
                self._addresses.setdefault(name, []).append((owner, ""))
            return
        self._addresses.setdefault(resource.address, []).append((owner, where.path))
        self._lines.setdefault(where.path, []).append((where.line, max(where.line, where.end_line), owner))
        for member, path in resource.members.items():
            place = place_of(resource.places, path, where)
            if isinstance(place, Span):
                self._addresses.setdefault(member, []).append((owner, place.path))
                if place != where:
                    span = (place.line, max(place.line, place.end_line), owner)
                    self._lines.setdefault(place.path, []).append(span)

    def kind(self, owner: _Owner) -> str:
        return self._kinds.get(owner, "")

    def owners(self, item: Reported) -> list[_Owner]:
        """Our resources that a result is about: by its address, else by its lines."""
        named = [(owner, path) for owner, path in self._addresses.get(item.address, ()) if item.address]
        here = [owner for owner, path in named if path == item.path]
        if here or (named and len({owner for owner, _ in named}) == 1):
            return list(dict.fromkeys(here or [owner for owner, _ in named]))
        # Kubernetes: the other engine fills in a namespace that the manifest leaves open.
        spans = self._lines.get(item.path, ())
        around = [owner for first, last, owner in spans if first <= item.end_line and item.line <= last]
        if item.type.startswith("Kubernetes::"):
            kind, name = item.type.removeprefix("Kubernetes::"), item.address.rpartition("/")[2]
            around = [owner for owner in around if _names(owner[1], kind, name)]
        elif item.address and around:
            # A resource of ours that has another address is another resource, though its lines meet.
            around = [owner for owner in around if item.address.endswith(owner[1]) or owner[1].endswith(item.address)]
        if not around and not item.address:
            around = [owner for first, last, owner in spans if first <= item.line <= last]
        return list(dict.fromkeys(around))

    def cover(self, item: Reported, owners: Sequence[_Owner], rule: str, engine: str) -> list[Finding]:
        """Our findings of this rule about these resources; what the other engine says is noted with each."""
        found = []
        for owner in owners:
            for index in self._asked.get((rule, owner), ()):
                self.also.setdefault(index, []).append(Also(engine, item.check, item.verdict))
                found.append(self.findings[index])
        return found


def _names(address: str, kind: str, name: str) -> bool:
    return address.startswith(f"{kind}/") and address.rpartition("/")[2] == name


class _Part:
    """One report being brought in."""

    def __init__(self, report: Report, known: _Known, places: Places, terms: Terms) -> None:
        self.report = report
        self.known = known
        self.places = places
        self.terms = terms
        self.map = _map_of(report.engine, terms.maps)
        self.told = self.covered = self.differing = self.elsewhere = self.strange = 0
        self.unmapped: dict[str, Counter[str]] = {}
        self.no_control: dict[str, Counter[str]] = {}
        self.words: dict[str, CheckWords] = {}
        self.seen: Counter[str] = Counter()
        self.controls = {rule.control for rule in terms.rules.rules.values()} if terms.narrowed else None

    def findings(self) -> Iterator[Finding]:
        for item in dict.fromkeys(self.report.results):
            check = self.map.find(item.check) if self.map else None
            if item.path and not self.places.holds(item.path):
                self.elsewhere += 1
            elif check is None:
                self.unmapped.setdefault(item.check, Counter())[item.verdict] += 1
            elif check.control == NO_CONTROL:
                self.no_control.setdefault(item.check, Counter())[item.verdict] += 1
            elif self.controls is None or check.control in self.controls:
                yield from self._finding(item, check)

    def _finding(self, item: Reported, check: Check) -> Iterator[Finding]:
        if item.path and not (self.places.base / item.path).is_file():
            self.strange += 1
        owners = self.known.owners(item)
        ours = self.known.cover(item, owners, check.rule, self.report.engine) if check.rule else []
        if ours:
            self.covered += 1
            self.differing += any(_differ(finding.verdict, item.verdict) for finding in ours)
            return
        self.told += 1
        self.words[item.check] = CheckWords(item.name, check.why, check.confidence, item.guideline)
        yield self._new(item, check, owners)

    def _new(self, item: Reported, check: Check, owners: Sequence[_Owner]) -> Finding:
        # The mapping is refused where a check with a control has no severity.
        assert check.severity is not None
        rules, engine = self.terms.rules, self.report.engine
        owner = owners[0] if len(owners) == 1 else None
        root, address = owner or (_root(item), item.address or f"{item.path}:{item.line}")
        side = Side.LIVE if item.live else Side.DECLARED
        control = rules.controls[check.control]
        rule = rules.rules.get(check.rule)
        # A line moves with every edit above it; what the result says of the place does not.
        place = item.address or f"{item.path}\x1f{item.name}"
        parts = (engine, item.check, side.value, root, place)
        self.seen["\x1f".join(parts)] += 1
        again = self.seen["\x1f".join(parts)]
        where = item.live or Span(item.path, item.line, 1, item.end_line)
        skipped = item.verdict == SKIPPED
        undecided = f"{engine} did not decide: {item.reason}" if item.reason else f"{engine} did not decide"
        if skipped:
            undecided = (
                f"skipped for {engine} by a comment that names nobody who approved: {item.reason or 'no reason'}"
            )
        verdict = _VERDICTS[item.verdict]
        return Finding(
            rule=item.check,
            control=check.control,
            criteria=rules.criteria_of(rule) if rule else control.criteria,
            severity=check.severity,
            verdict=verdict,
            side=side,
            kind=(self.known.kind(owner) if owner else "") or item.type,
            address=address,
            identity={},
            root=root,
            where=where,
            message=item.name or item.check,
            evidence=(),
            fingerprint=fingerprint(*parts, *([str(again)] if again > 1 else [])),
            reason=undecided if verdict is Verdict.UNKNOWN else "",
            waiver=_waiver(item, engine, where) if skipped and self.terms.accepts_skips_of(engine) else None,
            engine=engine,
        )

    def problems(self) -> Iterator[Problem]:
        engine = self.report.engine
        if self.strange:
            text = f"{self.strange} results of {engine} name files that are not here"
            yield Problem(Weight.GAP, engine, text, None, "scan from the folder that the results were made in")
        if self.map is None and self.report.results:
            text = f"nobody mapped the checks of {engine}: its {len(self.report.results)} results are only counted"
            hint = "a pack may bring mappings/results/<engine>.yaml; mappings/README.md shows how"
            yield Problem(Weight.NOTE, engine, text, None, hint)

    def use(self) -> EngineUse:
        report = self.report
        return EngineUse(
            name=report.engine,
            version=report.version,
            source=report.source,
            reviewed=self.map.reviewed if self.map else "",
            told=self.told,
            covered=self.covered,
            differing=self.differing,
            skipped=sum(item.verdict == SKIPPED for item in report.results),
            elsewhere=self.elsewhere,
            unmapped=_sorted(self.unmapped),
            no_control=_sorted(self.no_control),
            checks=dict(sorted(self.words.items())),
        )


def _map_of(name: str, maps: Mapping[str, CheckMap]) -> CheckMap | None:
    """The mapping of an engine, by whatever the engine calls itself."""
    bare = name.casefold()
    return next((one for one in maps.values() if bare in map(str.casefold, one.names)), None)


def _root(item: Reported) -> str:
    if item.live:
        place = f":{item.live.region}" if item.live.region else ""
        return f"{item.live.provider}:{item.live.account}{place}"
    return "."


def _differ(ours: Verdict, theirs: str) -> bool:
    """Whether one says pass and the other fail: what either did not decide differs from nothing."""
    return {ours.value, theirs} == {PASS, FAIL}


def _waiver(item: Reported, engine: str, where: Where) -> Waiver:
    place = where if isinstance(where, Span) else None
    return Waiver(item.check, item.address, item.reason, "", "", "", place, source=engine)


def _sorted(counted: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(verdicts.items())) for name, verdicts in sorted(counted.items())}
