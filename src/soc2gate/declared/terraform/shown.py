"""What `terraform show -json` and state files have in common: decoded bytes, and errors that say what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from soc2gate.declared.files import decode, read_bytes
from soc2gate.declared.options import Limits
from soc2gate.errors import InputError
from soc2gate.facts import replace
from soc2gate.model.value import Json

Table: TypeAlias = Mapping[str, Json]
_NOTHING: dict[str, Json] = {}


def read_shown(path: str, base: Path, limits: Limits) -> dict[str, Json]:
    """The object in a JSON file. Raises `InputError` naming the place where it stops being one."""
    return decode_shown(read_bytes(path, base, replace(limits, file_bytes=limits.plan_bytes)), path)


def decode_shown(content: bytes, path: str) -> dict[str, Json]:
    """`read_shown` of bytes that are there already."""
    # Imported here: only plans and states need it, and a scan of a folder has neither.
    import msgspec

    if content[:2] == b"PK":
        raise InputError(
            "is a saved plan in Terraform's own form, which only Terraform reads",
            path=path,
            hint=f"make JSON of it: terraform show -json {path} > plan.json",
        )
    # PowerShell's `>` writes UTF-16, others put a mark at the start.
    text = decode(content, path).removeprefix("\ufeff").encode()
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        place = _place(str(error), text)
        hint = "write it again: terraform show -json <plan or nothing, for the state> > FILE"
        raise InputError(f"is not whole JSON: {error}", path=path, line=place[0], column=place[1], hint=hint) from None
    except RecursionError:
        raise InputError("nests too deep to be read", path=path) from None
    if not isinstance(data, dict):
        raise InputError("expected an object, as terraform show -json writes it", path=path, line=1)
    return data


def check_version(data: Table, path: str, wanted: str) -> None:
    """Formats 1.x are read: a minor version only adds. Raises `InputError` for any other."""
    version = data.get("format_version")
    if isinstance(version, str) and version.partition(".")[0] == "1":
        return
    said = f"has format_version {version!r}" if version is not None else "has no format_version"
    hint = "write it with Terraform 1.x or OpenTofu: terraform show -json FILE"
    raise InputError(f"{said}; {wanted} of format 1.x are read", path=path, line=1, hint=hint)


def _place(message: str, text: bytes) -> tuple[int, int]:
    """Line and column of the byte that the decoder names; of the end, where the text is cut off."""
    _, _, tail = message.partition("(byte ")
    number = tail.rstrip(")")
    at = int(number) if number.isdigit() else len(text)
    before = text[:at]
    return before.count(b"\n") + 1, at - (before.rfind(b"\n") + 1) + 1


def table(value: Json) -> dict[str, Json]:
    """The value where it is an object, else an empty one: what is not as documented says nothing."""
    return value if isinstance(value, dict) else _NOTHING


def tables(value: Json) -> list[dict[str, Json]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(value: Json) -> list[str]:
    """The strings of a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def word(value: Json) -> str:
    """The value where it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def identifying(type_: str, attributes: Table, hidden: Table = _NOTHING) -> dict[str, str]:
    """What a provider told of a resource that others know it by: `id`, `arn`, as its kind exports them.

    Nothing else of a state is kept: it holds every secret in the clear.
    """
    # Imported here: reading the configuration alone does not need the kinds.
    from soc2gate.kinds import registry

    spelt = registry.spelt("terraform", type_)
    if spelt is None:
        return {}
    names = sorted({name for _, spelling in spelt.owns for name in spelling.exports})
    return {
        name: value
        for name in names
        if isinstance(value := attributes.get(name), str) and value and not hidden.get(name)
    }
