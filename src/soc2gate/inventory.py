"""The inventory of assets: what code declares and what runs, each once, with where it is and who answers for it.

An auditor's first question (CC6.1) is what there is. Here the two sides are paired as `verify` pairs them, and every
asset says whether the other side knows it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from soc2gate import comparing, kinds, reading
from soc2gate.declared.files import ignore_matcher
from soc2gate.facts import dataclass
from soc2gate.model.resource import Problem, Resource, Side, Span
from soc2gate.model.value import Json, Value
from soc2gate.request import Request

if TYPE_CHECKING:
    from soc2gate.engine.match import Matching
    from soc2gate.live.snapshot import Snapshot

SCHEMA = "soc2gate.inventory/1"
OWNER_TAGS = ("owner", "team", "contact", "service-owner")
"""Tags that name who answers, as people spell them; asked where the configuration names nobody."""
CLASSIFICATION_TAGS = ("classification", "data-classification", "confidentiality", "sensitivity", "criticality")
"""Tags that say how much an asset matters."""

COLUMNS = ("kind", "address", "uid", "account", "region", "environment", "owner", "classification", "matched", "where")


@dataclass(frozen=True, slots=True)
class Asset:
    """One thing that is declared, or runs, or both."""

    kind: str
    address: str
    """As code spells it; empty where code does not."""
    uid: str
    """As the provider spells it; empty where it does not run, or nobody looked."""
    account: str
    region: str
    """The region, or a cluster's namespace."""
    environment: str
    owner: str
    classification: Mapping[str, str]
    matched: str
    """`matched`; `missing` (declared, not live); `unmanaged` (live, not declared); `managed by …` (brought by AWS or a
    controller); `undecided: why`; `not compared` where the live side was not asked."""
    where: str
    """`main.tf:12`."""


@dataclass(frozen=True, slots=True)
class Inventory:
    assets: tuple[Asset, ...]
    problems: tuple[Problem, ...]
    """What could not be looked at: the inventory may lack what stands there."""
    snapshots: tuple[str, ...] = ()
    """Digests of the live state it was made from."""


def take(request: Request, snapshot: Snapshot | None, classification: Sequence[str] = ()) -> Inventory:
    """The assets of code, and of a snapshot where one is given.

    `classification` names the tags that say how much an asset matters; without any, the usual ones count. Raises what
    `scan` raises.
    """
    declared = reading.read_declared(request)
    describe = _Describer(request.config.owners, classification or CLASSIFICATION_TAGS)
    if snapshot is None:
        ours = [resource for resource in declared.resources if _is_asset(resource)]
        assets = [describe(resource, None, "not compared") for resource in ours]
        return Inventory(tuple(sorted(assets, key=_order)), declared.problems)
    live = snapshot.resources()
    found, unsettled = comparing.paired(request, declared.resources, live, snapshot)
    assets = list(_told(describe, found))
    known = {id(resource) for resource in _mentioned(found)}
    for resource in (*declared.resources, *live):
        if id(resource) not in known and _is_asset(resource):
            said = f"managed by {resource.managed_by}" if resource.managed_by else "not compared"
            ours_too = resource.side is Side.DECLARED
            assets.append(describe(resource if ours_too else None, None if ours_too else resource, said))
    return Inventory(
        tuple(sorted(assets, key=_order)),
        (*declared.problems, *snapshot.problems(), *unsettled),
        tuple(dict.fromkeys(info.digest for info in snapshot.infos)),
    )


def _is_asset(resource: Resource) -> bool:
    """Whether it stands for itself: no part of another resource, and nothing that an account or a region has one of."""
    return not resource.partial and not resource.derived_from and not kinds.kind(resource.kind).singleton


def _told(describe: _Describer, found: Matching) -> Iterator[Asset]:
    for pair in found.pairs:
        if _is_asset(pair.declared) and _is_asset(pair.live):
            yield describe(pair.declared, pair.live, "matched")
    for resource in filter(_is_asset, found.missing):
        yield describe(resource, None, "missing")
    for resource in filter(_is_asset, found.unmanaged):
        yield describe(None, resource, "unmanaged")
    for unpaired in found.undecided:
        resource = unpaired.resource
        if _is_asset(resource):
            ours = resource.side is Side.DECLARED
            yield describe(resource if ours else None, None if ours else resource, f"undecided: {unpaired.reason}")


def _mentioned(found: Matching) -> Iterator[Resource]:
    for pair in found.pairs:
        yield pair.declared
        yield pair.live
    yield from found.missing
    yield from found.unmanaged
    yield from (unpaired.resource for unpaired in found.undecided)


class _Describer:
    """Makes assets of resources."""

    def __init__(self, owners: Mapping[str, str], classification: Iterable[str]) -> None:
        self._owners: list[tuple[Callable[[str], bool], str]] = [
            (ignore_matcher([pattern]), owner) for pattern, owner in owners.items()
        ]
        self._classification = {_bare(name) for name in classification}

    def __call__(self, ours: Resource | None, theirs: Resource | None, matched: str) -> Asset:
        sides = [resource for resource in (theirs, ours) if resource is not None]
        tags: dict[str, str] = {}
        # What runs is what is: its tags count over those that code wants.
        for resource in reversed(sides):
            tags |= {key: value for key, value in resource.tags.items() if isinstance(value, str)}
        where = ours.where if ours is not None else None
        return Asset(
            kind=sides[0].kind,
            address=ours.address if ours is not None else "",
            uid=theirs.address if theirs is not None else "",
            account=_first(resource.identity.get("account") for resource in sides),
            region=_first(
                resource.identity.get(part) or resource.properties.get(part)
                for part in ("region", "namespace")
                for resource in sides
            ),
            environment=ours.environment if ours is not None else "",
            owner=self._owner(where, tags),
            classification={key: value for key, value in sorted(tags.items()) if _bare(key) in self._classification},
            matched=matched,
            where=f"{where.path}:{where.line}" if isinstance(where, Span) else "",
        )

    def _owner(self, where: object, tags: Mapping[str, str]) -> str:
        """Who the configuration says answers for the file; else who the tags say does."""
        if isinstance(where, Span):
            for fits, owner in reversed(self._owners):
                if fits(where.path):
                    return owner
        named = {_bare(key): value for key, value in tags.items()}
        return next((named[_bare(key)] for key in OWNER_TAGS if named.get(_bare(key))), "")


def _bare(key: str) -> str:
    """`DataClassification`, `data_classification` and `company:data-classification` are one tag to people."""
    return "".join(letter for letter in key.rpartition(":")[2].lower() if letter.isalnum())


def _first(values: Iterable[Value]) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")


def _order(asset: Asset) -> tuple[str, ...]:
    return (asset.kind, asset.environment, asset.address, asset.uid, asset.where)


def counts(inventory: Inventory) -> dict[str, int]:
    """How many assets are matched, missing, …; reasons left out."""
    found: dict[str, int] = {}
    for asset in inventory.assets:
        word = asset.matched.partition(":")[0]
        found[word] = found.get(word, 0) + 1
    return dict(sorted(found.items()))


def as_json(inventory: Inventory, time: str) -> str:
    """One document, two spaces of indentation."""
    from soc2gate.output.json import problem

    assets: list[Json] = [
        {name: dict(asset.classification) if name == "classification" else getattr(asset, name) for name in COLUMNS}
        for asset in inventory.assets
    ]
    document: dict[str, Json] = {
        "schema": SCHEMA,
        "time": time,
        "snapshots": list(inventory.snapshots),
        "counts": dict(counts(inventory)),
        "assets": assets,
        "problems": [problem(item) for item in inventory.problems],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_csv(inventory: Inventory) -> str:
    """A table for spreadsheets; a name that a spreadsheet would take for a formula is written with a `'` before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for asset in inventory.assets:
        writer.writerow([_inert(cell) for cell in _cells(asset)])
    return out.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _cells(asset: Asset) -> list[str]:
    told = "; ".join(f"{key}={value}" for key, value in asset.classification.items())
    return [told if name == "classification" else str(getattr(asset, name)) for name in COLUMNS]


def as_text(inventory: Inventory) -> str:
    """For people: one line an asset under its kind, and how many there are."""
    lines: list[str] = []
    kind = ""
    for asset in inventory.assets:
        if asset.kind != kind:
            kind = asset.kind
            lines += ["", kind] if lines else [kind]
        place = " ".join(part for part in (asset.account, asset.region) if part)
        said = [asset.address or asset.uid, asset.matched]
        if asset.address and asset.uid:
            said.insert(1, asset.uid)
        if asset.environment:
            said.append(f"environment {asset.environment}")
        said += [place] if place else []
        said += [f"owner {asset.owner}"] if asset.owner else []
        said += [f"{key}={value}" for key, value in asset.classification.items()]
        said += [asset.where] if asset.where else []
        lines.append("  " + " · ".join(said))
    numbers = ", ".join(f"{number} {word}" for word, number in counts(inventory).items())
    total = len(inventory.assets)
    lines += ["", f"{total} asset{'' if total == 1 else 's'}" + (f": {numbers}" if numbers else "")]
    return "\n".join(_printable(line) for line in lines) + "\n"


def _printable(text: str) -> str:
    # A resource's name may hold what a terminal obeys.
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
