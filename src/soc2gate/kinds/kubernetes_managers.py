"""Who set what in an object of a cluster, and when: what the API server keeps in `metadata.managedFields`.

Kept with a live resource as notes, one for each manager: `changed by kubectl-edit at 2026-11-21T09:00:00Z` to the
paths that are its; and one for how the object came to be: `created by kubectl-create at …`. The server keeps nothing of
what somebody took away, and nothing of an object that is gone, so nobody is named for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from soc2gate.model.value import Json

_PREFIX = "changed by "
_CREATED = "created "


def changes(body: Mapping[str, Json]) -> dict[str, str]:
    """The notes of an object as the API told it."""
    metadata = body.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    notes: dict[str, list[str]] = {}
    for entry in entries if isinstance(entries, list) else []:
        # What controllers say of an object's state is nobody's change of it.
        if not isinstance(entry, dict) or entry.get("subresource") == "status":
            continue
        manager, time, fields = (entry.get(key) for key in ("manager", "time", "fieldsV1"))
        if isinstance(manager, str) and isinstance(time, str) and isinstance(fields, dict):
            paths = notes.setdefault(f"{_PREFIX}{manager} at {time}", [])
            paths += [path for path in _paths(fields, dict(body), "") if " " not in path]
    told = {note: " ".join(sorted(set(paths))) for note, paths in notes.items() if paths}
    if created := _created(metadata if isinstance(metadata, dict) else {}):
        told[created] = "metadata.creationTimestamp"
    return dict(sorted(told.items()))


def _created(metadata: Mapping[str, Json]) -> str:
    """When the object was created, and by whom where one manager alone set something at that second: it keeps the time
    of what each did last, so a later change of the same manager's hides who it was."""
    at, entries = metadata.get("creationTimestamp"), metadata.get("managedFields")
    if not isinstance(at, str) or not at:
        return ""
    managers = {
        str(entry.get("manager"))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and entry.get("time") == at and entry.get("subresource") is None
    }
    return f"{_CREATED}by {managers.pop()} at {at}" if len(managers) == 1 else f"{_CREATED}at {at}"


def _paths(fields: Mapping[str, Json], here: Json, path: str) -> Iterator[str]:
    """The leaves of a field set, as paths of ours; list items by where they stand in the object."""
    for key, below in fields.items():
        mark, _, name = key.partition(":")
        found: Json = None
        if mark == "f" and isinstance(here, dict) and name in here:
            found, place = here[name], f"{path}.{name}" if path else name
        elif mark == "k" and isinstance(here, list):
            try:
                wanted = json.loads(name)
            except ValueError:
                continue
            index = next((i for i, item in enumerate(here) if _is(item, wanted)), None)
            if index is None:
                continue
            found, place = here[index], f"{path}[{index}]"
        elif mark == "v":
            yield path
            continue
        else:
            continue
        if isinstance(below, dict) and any(one != "." for one in below):
            yield from _paths(below, found, place)
        else:
            yield place


def _is(item: Json, wanted: Json) -> bool:
    # A port's protocol is TCP where the object does not say it.
    return (
        isinstance(item, dict)
        and isinstance(wanted, dict)
        and all(item.get(key, "TCP" if key == "protocol" else None) == value for key, value in wanted.items())
    )


def below(notes: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The notes of a part of the object: with the paths under `prefix`, as the part spells them."""
    out: dict[str, str] = {}
    for note, told in notes.items():
        if note.startswith(_PREFIX):
            paths = [path.removeprefix(f"{prefix}.") for path in told.split(" ") if path.startswith(f"{prefix}.")]
            if paths:
                out[note] = " ".join(paths)
    return out


def made(notes: Mapping[str, str]) -> str:
    """How an object came to be, and who changed it since: `created by kubectl-create at …`; empty if nothing tells."""
    created = next((note for note in notes if note.startswith(_CREATED)), "")
    changed = max((note for note in notes if note.startswith(_PREFIX)), key=_at, default="")
    later = changed if _at(changed) > _at(created) else ""
    return ", last ".join(part for part in (created, later) if part)


def _at(note: str) -> str:
    return note.rpartition(" at ")[2]


def who(notes: Mapping[str, str], path: str) -> str:
    """Who set a property last, and when: `changed by kubectl-edit at 2026-…`; empty where nobody is named."""
    found = [
        note
        for note, told in notes.items()
        if note.startswith(_PREFIX) and any(_concerns(one, path) for one in told.split(" "))
    ]
    return max(found, key=_at, default="")


def _concerns(owned: str, path: str) -> bool:
    return owned == path or owned.startswith((f"{path}.", f"{path}[")) or path.startswith((f"{owned}.", f"{owned}["))
