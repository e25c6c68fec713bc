"""One planned resource's values in the shape the configuration's reader gives them.

Terraform tells three trees of one shape: the values, which of them are unknown, which are sensitive. What is unset is
null there, or empty, or what the provider computed; in the configuration it is not there at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.declared.terraform.plan_references import Place, not_known
from soc2gate.declared.terraform.shown import Table, table, tables
from soc2gate.facts import dataclass
from soc2gate.model.value import Alternatives, Json, Unknown, Value, first_unknown
from soc2gate.patterns import regex

HIDDEN = "sensitive: Terraform keeps it out of sight"
_NO_BLOCK = regex(
    r"(?:^|_)(?:ids?|arns?|names?|bucket|key|type|version|port|owner|ur[il]|endpoint|region|zone|dns|date|time|at|status|ip)$"
)
"""Names that no nested block has."""
COMPUTED_BLOCKS = {
    # Read back from the bucket where nobody writes them; the split resources say them now.
    "aws_s3_bucket": frozenset(
        (
            "acceleration_status",
            "acl",
            "cors_rule",
            "grant",
            "lifecycle_rule",
            "logging",
            "object_lock_configuration",
            "object_lock_enabled",
            "policy",
            "replication_configuration",
            "request_payer",
            "server_side_encryption_configuration",
            "versioning",
            "website",
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of how a resource is written."""

    twin: Mapping[str, Value] | None
    """The body that the configuration's own reader gives; None where the files are not at hand."""
    expressions: Table
    """The plan's own words; dynamic blocks are missing in them."""
    place: Place
    exact: bool
    """Whether the twin is this very instance, and not only of the same block."""
    index: str
    """`[0]`, `["a"]`; empty for a single instance."""


def body_of(type_: str, change: Table, written: Written) -> dict[str, Value]:
    """The attributes that the configuration sets, by name."""
    after, unknown = table(change.get("after")), change.get("after_unknown")
    sensitive = change.get("after_sensitive")
    existing = change.get("before") is not None
    body: dict[str, Value] = {}
    for name in dict.fromkeys((*after, *table(unknown))):
        mine = written.twin.get(name) if written.twin is not None else None
        expression = written.expressions.get(name)
        value = _merged(name, after.get(name), _at(unknown, name), _at(sensitive, name), mine, expression, written)
        if value is None:
            continue
        if name == "tags_all":
            # With the provider's default tags, and so more than `tags`.
            if first_unknown(value) is None:
                body[name] = value
        elif mine is not None or (expression is not None and not _null(written, name)):
            body[name] = value
        elif name not in COMPUTED_BLOCKS.get(type_, ()) and (written.twin is None or not existing):
            perhaps = _perhaps_dynamic(name, value, existing) if written.twin is None else _made_anew(value)
            if perhaps is not None:
                body[name] = perhaps
    return body


def _made_anew(value: Value) -> Value:
    """Blocks of a resource that is yet to be made, which the files beside the plan do not write: these are not the
    files of this plan, for nothing is there yet that a provider could have read."""
    return value if isinstance(value, list) and value and all(isinstance(item, dict) for item in value) else None


def _null(written: Written, name: str) -> bool:
    """Whether the argument is written and comes to null: the same as not written."""
    return written.twin is not None and name in written.twin


def _perhaps_dynamic(name: str, value: Value, existing: bool) -> Value:
    """What to make of a value that no expression sets: a dynamic block wrote it, or the provider computed it."""
    if isinstance(value, Unknown):
        if _NO_BLOCK.search(name):
            return None
        return Unknown("known after apply, and the plan does not tell whether a dynamic block sets it", depends=(name,))
    if not (isinstance(value, list) and value and all(isinstance(item, dict) for item in value)):
        return None
    if not existing:
        return value
    return Alternatives((None, value), f"the plan does not tell whether a dynamic block or the provider set {name}")


def _at(tree: Json, name: str) -> Json:
    return tree if isinstance(tree, bool) else table(tree).get(name)


def _merged(
    name: str, value: Json, unknown: Json, sensitive: Json, twin: Value, expression: Json, written: Written
) -> Value:
    if sensitive is True:
        absent = value is None and unknown is not True
        return None if absent else Unknown(HIDDEN, not_null=value not in (None, "", [], {}))
    if unknown is True:
        if written.exact and twin is not None and first_unknown(twin) is not None:
            return twin
        return not_known(name, expression, written.place, written.index)
    if isinstance(value, list) or (value is None and isinstance(unknown, list)):
        return _list(name, value or [], unknown, sensitive, twin, expression, written)
    if isinstance(value, dict) or isinstance(unknown, dict):
        return _object(value, unknown, sensitive, twin, expression, written, block=False)
    return value


def _list(
    name: str, value: Json, unknown: Json, sensitive: Json, twin: Value, expression: Json, written: Written
) -> Value:
    items = value if isinstance(value, list) else []
    count = max(len(items), len(unknown) if isinstance(unknown, list) else 0)
    mine: list[Value] = twin if isinstance(twin, list) and len(twin) == count else []
    blocks = tables(expression)
    order = _order(items, mine) if mine else list(range(count))
    if order is None:
        mine, order = [], list(range(count))
    made: list[Value] = []
    for at, index in enumerate(order):
        item, gap, hidden = (_item(tree, index) for tree in (items, unknown, sensitive))
        other = mine[at] if mine else None
        if isinstance(item, dict):
            # Elements of a set stand in another order than they are written in; one alone cannot.
            said = blocks[0] if len(blocks) == 1 and count == 1 else {key: {} for each in blocks for key in each}
            made.append(_object(item, gap, hidden, other, said if blocks else None, written, block=True))
        else:
            made.append(_merged(name, item, gap, hidden, other, expression if count == 1 else None, written))
    return made


def _item(tree: Json, index: int) -> Json:
    if isinstance(tree, list):
        return tree[index] if index < len(tree) else None
    return tree if isinstance(tree, bool) else None


def _object(
    value: Json, unknown: Json, sensitive: Json, twin: Value, expression: Json, written: Written, *, block: bool
) -> Value:
    mine = twin if isinstance(twin, dict) else {}
    said = table(expression) if block else {}
    made: dict[str, Value] = {}
    for name in dict.fromkeys((*table(value), *table(unknown))):
        gap, hidden = _at(unknown, name), _at(sensitive, name)
        if block and gap is True and (mine or said) and name not in mine and name not in said:
            continue  # unset: the provider will compute it
        inner = _merged(name, table(value).get(name), gap, hidden, mine.get(name), said.get(name), written)
        if inner is None or (block and inner in ([], {}) and name not in mine):
            continue
        made[name] = inner
    return made


def _order(items: list[Json], twin: list[Value]) -> list[int] | None:
    """For each element as written, which planned one it is; None where that cannot be told."""
    if len(items) != len(twin):
        return None
    if len(items) == 1 or not all(isinstance(item, dict) for item in items):
        return list(range(len(items)))
    order: list[int] = []
    for other in twin:
        fitting = [at for at, item in enumerate(items) if at not in order and _fits(table(item), other)]
        if not fitting:
            return None
        order.append(fitting[0])
    return order


def _fits(item: Table, twin: Value) -> bool:
    if not isinstance(twin, dict):
        return False
    return all(
        not isinstance(wanted, (str, bool, int, list)) or first_unknown(wanted) is not None or item.get(name) == wanted
        for name, wanted in twin.items()
        if not (isinstance(wanted, list) and any(isinstance(each, dict) for each in wanted))
    )
