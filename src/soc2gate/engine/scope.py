"""What the configuration says is not this repository's business: other scopes, and differences that are meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from soc2gate.config import Ignore, Managed
from soc2gate.engine.match import Matching
from soc2gate.engine.waivers import covers
from soc2gate.facts import replace
from soc2gate.model.outcome import Difference, Disagreement
from soc2gate.model.resource import Problem, Resource, Weight


def managed_here(matching: Matching, managed: Managed) -> Matching:
    """Without the unmanaged resources that stand outside what the configuration says is managed here."""
    unmanaged = tuple(resource for resource in matching.unmanaged if _inside(resource, managed))
    # A part stands where its whole does, and has its tags seldom: what remains to be asked is its kind.
    parts = tuple(
        part for part in matching.parts if not managed.kinds or {part.kind, part.derived_from} & {*managed.kinds}
    )
    return replace(matching, unmanaged=unmanaged, parts=parts)


def _inside(resource: Resource, managed: Managed) -> bool:
    account, region = resource.identity.get("account"), resource.identity.get("region")
    return (
        (not managed.accounts or account in managed.accounts)
        and (not managed.regions or region in managed.regions or region == "global")
        and (not managed.kinds or resource.kind in managed.kinds)
        and all(resource.tags.get(key) == value for key, value in managed.tags.items())
    )


def without_ignored(
    disagreements: Iterable[Disagreement], ignores: Sequence[Ignore], *, today: str
) -> tuple[list[Disagreement], list[Problem]]:
    """Disagreements that nobody asked to ignore, and one note per entry that says how many it hid, or that it expired.

    Undecided ones are never ignored: an entry says that a difference is meant, and there is no difference yet.
    """
    hidden = [0] * len(ignores)
    kept = []
    for item in disagreements:
        index = next((i for i, entry in enumerate(ignores) if _ignores(entry, item, today)), None)
        if index is None or item.difference is Difference.UNDECIDED:
            kept.append(item)
        else:
            hidden[index] += 1
    notes = []
    for entry, number in zip(ignores, hidden, strict=True):
        if entry.expires and entry.expires < today:
            text = f"ignoring {entry.address} {entry.property}".rstrip() + f" expired on {entry.expires}"
            notes.append(Problem(Weight.NOTE, "compare", text, entry.where, "remove the entry or renew it"))
        elif number:
            count = "1 disagreement" if number == 1 else f"{number} disagreements"
            notes.append(Problem(Weight.NOTE, "compare", f"{count} ignored: {entry.reason}", entry.where))
    return kept, notes


def _ignores(entry: Ignore, item: Disagreement, today: str) -> bool:
    if entry.expires and entry.expires < today:
        return False
    if not covers(entry.address, item.address):
        return False
    return (
        not entry.property
        or covers(entry.property, item.property or "")
        or ((item.property or "").startswith((f"{entry.property}.", f"{entry.property}[")))
    )
