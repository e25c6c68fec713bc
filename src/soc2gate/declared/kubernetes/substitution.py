"""Flux's postBuild: `${name}` in what a Kustomization builds, filled in as Flux does before it applies an object.

What the Kustomization itself says is known, and so is a ConfigMap of this repository; a Secret is not, and what it
would fill in is a value that is not known. Flux fills in the object's YAML: a number put in place of a whole scalar
becomes a number, and quotation marks in the file do not keep it text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from soc2gate.facts import dataclass
from soc2gate.model.value import Text, Unknown, Value
from soc2gate.yaml_lines import YamlValue
from soc2gate.yaml_lines.scalars import plain

_HOLE = re.compile(
    r"\$(?:(?P<kept>\$\{[^{}]*\})|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-=])(?P<other>[^{}]*)|(?P<more>[^{}]*))\})"
)
_DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
_AS_WRITTEN = ("apiVersion", "kind")
"""What an object is has to be known before it is read."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """What a Kustomization fills in."""

    known: tuple[tuple[str, str], ...] = ()
    """Names and what they stand for."""
    unknown: str = ""
    """Why other names may stand for something nobody here knows; empty where they stand for nothing."""
    open: tuple[tuple[str, str], ...] = ()
    """Names that do stand for something, and why nobody here knows what."""
    files: tuple[str, ...] = ()
    """Where all this stands: a change there changes everything that is filled in."""

    def fills(self, data: Mapping[str, YamlValue]) -> bool:
        """Whether anything is filled into this object: its annotations may forbid it."""
        return not _is_disabled(data)

    def filled(self, data: dict[str, YamlValue]) -> dict[str, YamlValue]:
        """The object with everything filled in that is known."""
        known = dict(self.known)
        return {key: value if key in _AS_WRITTEN else self._filled(value, known) for key, value in data.items()}

    def _filled(self, value: YamlValue, known: Mapping[str, str]) -> YamlValue:
        if isinstance(value, dict):
            return {_text_of(self._scalar(key, known)): self._filled(child, known) for key, child in value.items()}
        if isinstance(value, list):
            return [self._filled(child, known) for child in value]
        return self._scalar(value, known) if isinstance(value, str) and "${" in value else value

    def _scalar(self, text: str, known: Mapping[str, str]) -> bool | int | float | str | None:
        """A scalar as Flux's YAML has it; a hole that is not known stays."""
        open_ = False

        def filling(match: re.Match[str]) -> str:
            nonlocal open_
            value = self._value(match, known)
            open_ = open_ or value is None or match["kept"] is not None
            return match.group() if value is None else value

        done = _HOLE.sub(filling, text)
        return text if done == text else done if open_ else plain(done)

    def _value(self, match: re.Match[str], known: Mapping[str, str]) -> str | None:
        if match["kept"] is not None:
            # `$${name}` is how one writes `${name}`. It stays until nothing is filled in any more.
            return None
        value = known.get(match["name"])
        if match["more"] or match["name"] in dict(self.open) or (value is None and self.unknown):
            return None
        if match["how"] is None:
            return value or ""
        empty = value is None or (match["how"].startswith(":") and value == "")
        return match["other"] if empty else value

    def settle(self, value: Value) -> Value:
        """The value with what is not known where a hole is left."""
        if isinstance(value, dict):
            return {key: self.settle(child) for key, child in value.items()}
        if isinstance(value, list):
            return [self.settle(child) for child in value]
        return self._settled(value) if isinstance(value, str) and "${" in value else value

    def _settled(self, text: str) -> Value:
        parts: list[str | Unknown] = []
        at = 0
        for match in _HOLE.finditer(text):
            before = text[at : match.start()]
            at = match.end()
            if match["kept"] is not None:
                parts.append(before + match["kept"])
                continue
            parts += [before] if before else []
            reason = dict(self.open).get(match["name"]) or self.unknown
            reason = reason or "what postBuild makes of it is not worked out here"
            parts.append(Unknown(f"${{{match['name']}}}: {reason}"))
        parts += [text[at:]] if at < len(text) else []
        if len(parts) == 1:
            return parts[0]
        return Text(tuple(parts)) if any(isinstance(part, Unknown) for part in parts) else "".join(map(str, parts))


def _text_of(key: bool | int | float | str | None) -> str:
    return key if isinstance(key, str) else "" if key is None else str(key)


def _is_disabled(data: Mapping[str, YamlValue]) -> bool:
    metadata = data.get("metadata")
    marks = (metadata.get(key) for key in ("annotations", "labels")) if isinstance(metadata, dict) else ()
    return any(isinstance(told, dict) and told.get(_DISABLED) == "disabled" for told in marks)
