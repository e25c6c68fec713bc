"""From what readers yield to the normal form: `normalise` is the third step from `main.tf` to a verdict.

Per root: every resource of a kind we know is drafted, companions (a bucket's versioning block, a role's attachment)
are attached to the resource they belong to, what nobody wrote is completed, and links are drawn.
"""

from __future__ import annotations

import gc
from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence

from soc2gate.facts import dataclass, field
from soc2gate.kinds import registry
from soc2gate.kinds.attaching import Roots, attach
from soc2gate.kinds.completing import complete, facts_of, fill_defaults
from soc2gate.kinds.convert import tag_list, tag_map
from soc2gate.kinds.describe import Kind, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.kinds.linking import Unread, link
from soc2gate.kinds.singletons import account_kinds
from soc2gate.model.resource import Problem, RawResource, Reading, Resource, Side


@dataclass(frozen=True, slots=True)
class Normalised:
    """Every declared resource that rules can be asked about."""

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...] = ()
    unjudged: Mapping[str, int] = field(default_factory=dict)
    """Types we have no kind for, and how many resources of each there were."""


def normalise(readings: Sequence[Reading], *, owns_account: Mapping[str, bool] | None = None) -> Normalised:
    """Turn readings into resources in the normal form, ordered by root and address.

    `owns_account` says of a root that it configures its AWS account as a whole: see `kinds.singletons`.
    """
    # Some hundred thousand small objects are made, and none of them is garbage yet: looking for cycles among them, and
    # among all that the readers hold, took four fifths of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _normalise(readings, owns_account or {})
    finally:
        if collecting:
            gc.enable()


def _normalise(readings: Sequence[Reading], owns_account: Mapping[str, bool]) -> Normalised:
    roots = Roots()
    unjudged: Counter[str] = Counter()
    cluster: list[RawResource] = []
    for reading in readings:
        # Manifests are API objects already, and have a way of their own; so have Terraform's resources that make some.
        for raw in reading.resources if reading.format != "kubernetes" else ():
            if raw.data:
                continue
            if raw.type[:4] == "kube" and raw.format == "terraform":
                cluster.append(raw)
            else:
                _draft(raw, roots, unjudged)
    unread = {reading.root: reading.unread[0] for reading in readings if reading.unread}
    roots.index()
    attach(roots, unread)
    drafts = [draft for draft in roots.drafts if draft.exists]
    resources: list[Resource] = []
    for draft in drafts:
        if draft.spelling and not draft.partial:
            fill_defaults(draft, draft.spelling.defaults)
        resources.append(complete(draft, Side.DECLARED))
    resources += account_kinds(readings, resources, owns_account)
    resources += derived(resources)
    linked = link(resources, [Unread(root, reason) for root, reason in unread.items()])
    problems = [problem for draft in roots.everything() for problem in draft.problems]
    if cluster or any(reading.format == "kubernetes" for reading in readings):
        from soc2gate.kinds.kubernetes import normalise_manifests

        manifests = normalise_manifests(readings, cluster)
        linked += manifests.resources
        problems += manifests.problems
        unjudged.update(manifests.unjudged)
    linked.sort(key=lambda resource: (resource.root, resource.address, resource.kind))
    return Normalised(tuple(linked), tuple(problems), dict(sorted(unjudged.items())))


def derived(resources: Sequence[Resource]) -> list[Resource]:
    """The resources of other kinds that are part of these: a workload's pod template."""
    out: list[Resource] = []
    for resource in resources:
        derives = registry.kind(resource.kind).derives
        if derives is not None:
            out += derives(resource)
    return out


def _draft(raw: RawResource, roots: Roots, unjudged: Counter[str]) -> None:
    spelt = registry.spelt(raw.format, raw.type)
    if spelt is None:
        unjudged[raw.type] += 1
        return
    if raw.type[:6] == "awscc_":
        from soc2gate.kinds import awscc

        raw = awscc.as_cloudformation(raw, registry.cloudformation_type(raw.type))
    for kind, spelling in spelt.owns:
        if any(companion.type == raw.type and companion.stands_as == kind.name for _, companion in spelt.parts):
            continue  # it stands for itself only where what it belongs to is not declared
        if spelling.split is None:
            roots.add(write_down(kind, spelling, raw))
            continue
        inside = spelling.split(raw)
        for part in inside:
            roots.add(write_down(kind, spelling, part))
        if not inside:
            unjudged[raw.type] += 1
    for kind, companion in spelt.parts:
        roots.add_companion(companion, Draft.of(kind, None, raw, writes=False))


def write_down(kind: Kind, spelling: Spelling, raw: RawResource) -> Draft:
    """A draft with everything the resource's own block says."""
    draft = Draft.of(kind, spelling, raw)
    if raw.format != "terraform":
        # CloudFormation and manifests are in the normal form already.
        draft.properties = {key: value for key, value in raw.body.items() if value is not None}
        # Its paths are ours already; a table of lines that makes them when asked for stays one.
        draft.places = ChainMap({}, raw.places)  # type: ignore[arg-type]  # only the first is written into
        draft.notes = dict(raw.notes)
    for attribute, path in spelling.fields.items():
        draft.copy(attribute, path)
    _write_tags(draft)
    if spelling.build is not None:
        spelling.build(draft)
    _identify(draft, spelling)
    return draft


def _write_tags(draft: Draft) -> None:
    facts = facts_of(draft.kind.name)
    if not facts.tags:
        # Matching goes by tags also where the registry's kind has none.
        tags = draft.body.get("tags_all", draft.body.get("tags", draft.body.get("Tags")))
        draft.tags = tag_map(tags)
        return
    if draft.format != "terraform":
        draft.tags = tag_map(draft.properties.get(facts.tags))
        return
    name = "tags_all" if "tags_all" in draft.body else "tags"
    tags = draft.body.get(name)
    if tags is None:
        return
    draft.tags = tag_map(tags)
    if not facts.tags_are_list:
        draft.copy(name, facts.tags)
        return
    draft.set(facts.tags, tag_list(tags), written_at=name)
    if isinstance(tags, dict):
        for i, key in enumerate(sorted(tags)):
            where = draft.raw_places.get(f"{name}.{key}")
            if where is not None:
                draft.places[f"{facts.tags}[{i}].Value"] = where


def _identify(draft: Draft, spelling: Spelling) -> None:
    identity = draft.identity
    for name, value in (("account", draft.account), ("region", draft.region)):
        if value is not None:
            identity.setdefault(name, value)
    for key in draft.kind.names:
        value = draft.properties.get(key)
        if value is not None:
            identity.setdefault("name", value)
            break
    for attribute, key in spelling.exports.items():
        if not key[:1].islower():
            continue
        if attribute in draft.ids and not isinstance(identity.get(key), str):
            identity[key] = draft.ids[attribute]
        elif key not in identity:
            identity[key] = draft.ref(attribute)
