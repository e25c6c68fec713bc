"""From what each call saw to resources that know what belongs to them."""

from __future__ import annotations

from soc2gate.live.snapshot import Part
from soc2gate.model.resource import Resource


def linked(parts: tuple[Part, ...]) -> tuple[Resource, ...]:
    """The resources of all parts, ordered, each with `related` filled from its neighbours in the same part."""
    return tuple(resource for part in parts for resource in part.resources)
