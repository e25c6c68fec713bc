"""What `import` blocks say: which live resource one in code is, before any state knows of it.

Only ids that are written out count; one that is computed pairs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from soc2gate.declared.terraform.tree import Block, Literal
from soc2gate.facts import replace
from soc2gate.kinds import registry
from soc2gate.kinds.terraform_imports import IMPORTS
from soc2gate.model.resource import RawResource


def imported(resources: Sequence[RawResource], blocks: Sequence[Block]) -> list[RawResource]:
    """The resources of a root, those that it imports with their ids."""
    ids = dict(_said(blocks))
    return [
        replace(raw, ids={**_attributes(raw.type, ids[raw.address]), **raw.ids})
        if raw.address in ids and not raw.data
        else raw
        for raw in resources
    ]


def _said(blocks: Sequence[Block]) -> list[tuple[str, str]]:
    out = []
    for block in blocks:
        to, id_ = (block.body.attributes.get(name) for name in ("to", "id"))
        if to is None or id_ is None or not isinstance(id_.value, Literal) or not isinstance(id_.value.value, str):
            continue
        address = re.sub(r"\s+", "", block.source.text[to.value.start : to.end])
        # Since version 6 of the provider a region may follow.
        out.append((address.strip('"'), re.sub(r"@[a-z]{2}(-[a-z]+)+-\d$", "", id_.value.value)))
    return out


def _attributes(type_: str, id_: str) -> Mapping[str, str]:
    """The attribute that an import's id is, where it is one that matching goes by."""
    known, spelt = IMPORTS.get(type_), registry.spelt("terraform", type_)
    if known is None or spelt is None:
        return {}
    wanted = known.id.strip("{}")
    exports = {attribute: key for _, spelling in spelt.owns for attribute, key in spelling.exports.items()}
    return {attribute: id_ for attribute, key in exports.items() if key == wanted and key in ("id", "arn", "url")}
