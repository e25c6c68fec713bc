"""Small steps that most live builders take: fields into properties, tags, and what was looked at and not found."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.convert import tag_map, without_aws_tags
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Unknown, Value


def copy_fields(draft: Draft, fields: Mapping[str, str]) -> None:
    """Write properties from the answer's fields, and note each as looked at, also where the answer says nothing.

    The API's empty text means that nothing is set.
    """
    for path, field in fields.items():
        looked_at(draft, path, field)
        value = draft.at(field)
        if value is not None and value.value != "":
            draft.set(path, value)


def looked_at(draft: Draft, path: str, field: str) -> None:
    """Note which call told of a property, so that absence is known to be absence."""
    step = field.partition(".")[0].partition("[")[0]
    draft.places.setdefault(path, draft.calls.get(step, draft.where))


def copy_tags(draft: Draft, field: str = "Tags", path: str = "Tags") -> None:
    """Write the property for tags from a list of keys and values, or from a map; those that only AWS sets are left
    out."""
    tags = draft.get(field)
    looked_at(draft, path, field)
    if isinstance(tags, Unknown):
        draft.set(path, tags)
        return
    draft.tags = tag_map(tags)
    listed: Value = [{"Key": key, "Value": value} for key, value in sorted(tag_map(without_aws_tags(tags)).items())]
    if listed:
        draft.set(path, draft.made(listed, field))


def withhold(draft: Draft, path: str, reason: str) -> None:
    """Make a property unknown that the API has and we do not read."""
    draft.set(path, Unknown(reason))
