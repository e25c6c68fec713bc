"""HCL as text, written by python-hcl2: an extra, and refused beside checkov's fork of it.

Values are quoted here: python-hcl2 takes texts as they would stand in a file. How lines stand is `terraform fmt`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from soc2gate.errors import UsageError
from soc2gate.into_code.layout import formatted
from soc2gate.kinds.inverting import JsonText
from soc2gate.model.value import Json, Unknown, Value

_NAME = re.compile(r"[A-Za-z_][\w-]*")
_OLDEST = 8
"""The first version of python-hcl2 that writes."""
_HINT = "pip install 'soc2gate[hcl]', in an environment without checkov"


def writer() -> Writer:
    """What writes HCL. Raises `UsageError` where python-hcl2 is not installed, too old, or checkov's fork of it."""
    from importlib.metadata import packages_distributions, version

    owners = sorted(set(packages_distributions().get("hcl2", ())))
    if "bc-python-hcl2" in owners:
        fork = f"bc-python-hcl2 {version('bc-python-hcl2')}"
        both = " and python-hcl2 overwrite each other here" if "python-hcl2" in owners else " answers to hcl2 here"
        raise UsageError(f"--suggest writes with python-hcl2, and {fork}, checkov's fork,{both}", hint=_HINT)
    if "python-hcl2" not in owners:
        raise UsageError("--suggest writes with python-hcl2, which is not installed", hint=_HINT)
    found = version("python-hcl2")
    if int(found.partition(".")[0]) < _OLDEST:
        message = f"--suggest writes with python-hcl2 {_OLDEST} or later, and {found} is installed"
        raise UsageError(message, hint="pip install --upgrade 'soc2gate[hcl]'")
    import hcl2

    return Writer(hcl2)


class Writer:
    """Turns blocks into text."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def block(self, type_: str, labels: Sequence[str], body: Mapping[str, Value]) -> str:
        """One block; in the body, lists of maps are nested blocks, and an `Unknown` is what it refers to."""
        document = self._library.Builder()
        _fill(document.block(type_, [quoted(label) for label in labels]), body)
        text: str = self._library.dumps(document.build())
        lines = [line.rstrip() for line in text.strip().split("\n")]
        return "\n".join(formatted([line for i, line in enumerate(lines) if line or not _loose(lines, i)])) + "\n"

    def import_block(self, address: str, id_: str, provider: Mapping[str, Value] | None = None) -> str:
        """What tells Terraform that a resource runs already."""
        return self.block("import", [], {**(provider or {}), "to": bare(address), "id": id_})


def bare(name: str) -> Unknown:
    """A name that is written without quotes."""
    return Unknown("", None, (name,))


def _loose(lines: Sequence[str], index: int) -> bool:
    """An empty line before a brace that closes, or after another."""
    return lines[index - 1] == "" or lines[index + 1].strip() == "}"


def _fill(builder: Any, body: Mapping[str, Value]) -> None:
    plain = {name: _expression(value) for name, value in body.items() if not is_blocks(value)}
    builder.attributes.update(plain)
    for name, value in body.items():
        if is_blocks(value):
            assert isinstance(value, list)
            for nested in value:
                assert isinstance(nested, dict)
                _fill(builder.block(name), nested)


def is_blocks(value: Value) -> bool:
    """Whether a value in a body stands for nested blocks."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _expression(value: Value) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, JsonText):
        return f"${{jsonencode({_data(value.said)})}}"
    if isinstance(value, Unknown):
        return f"${{{value.ref}}}" if value.ref else f"${{{value.depends[0]}}}"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return [_expression(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): _expression(item) for key, item in value.items()}
    return value


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) else quoted(key)


def _data(value: Value) -> str:
    """Data as an expression of its own, which `jsonencode` takes."""
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(key)} = {_data(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_data(item) for item in value)}]"
    if isinstance(value, str):
        return quoted(value)
    plain: Json = value if isinstance(value, (bool, int, float)) else None
    return json.dumps(plain)


def quoted(text: str) -> str:
    """Text as HCL writes it; what looks like a template is text all the same."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
    # JSON pairs characters beyond the sixteen bits; HCL reads them as they are, and knows neither \b nor \f.
    escaped = re.sub(r"(?<!\\)((?:\\\\)*)\\([bf])", lambda m: m[1] + {"b": "\\u0008", "f": "\\u000c"}[m[2]], escaped)
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
