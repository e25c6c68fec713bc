"""Texts that a chart is rendered with in place of what is not known, and what they come back as.

A namespace that nobody chose yet, an ARN that only deploying tells: helm needs some text there. In its output that
text is a value that is not known, or not wholly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from soc2gate.model.value import Text, Unknown, Value
from soc2gate.yaml_lines import YamlValue

NAMESPACE = "s2g-namespace-not-chosen"
"""The namespace of a release of which nothing says where it is installed."""


class StandIns:
    """Finds stand-ins in values."""

    def __init__(self, texts: Sequence[tuple[str, Unknown]], *, known_namespace: bool) -> None:
        self._values = dict(texts)
        if not known_namespace:
            reason = "the namespace is chosen when the chart is installed"
            self._values[NAMESPACE] = Unknown(reason, not_null=True)
        longest = sorted(self._values, key=lambda text: (-len(text), text))
        self._pattern = re.compile("|".join(map(re.escape, longest))) if longest else None

    def without_namespace(self, data: dict[str, YamlValue]) -> dict[str, YamlValue]:
        """The object as a manifest has it that leaves its namespace to whoever applies it."""
        metadata = data.get("metadata")
        if NAMESPACE not in self._values or not isinstance(metadata, dict) or metadata.get("namespace") != NAMESPACE:
            return data
        return {**data, "metadata": {key: value for key, value in metadata.items() if key != "namespace"}}

    def settle(self, value: Value) -> Value:
        """The value with what is not known where a text stood in for it."""
        if self._pattern is None:
            return value
        if isinstance(value, dict):
            return {key: self.settle(child) for key, child in value.items()}
        if isinstance(value, list):
            return [self.settle(child) for child in value]
        return self._text(value, self._pattern) if isinstance(value, str) else value

    def _text(self, value: str, pattern: re.Pattern[str]) -> Value:
        whole = self._values.get(value)
        if whole is not None:
            return whole
        parts: list[str | Unknown] = []
        at = 0
        for match in pattern.finditer(value):
            parts += [value[at : match.start()]] if match.start() > at else []
            parts.append(self._values[match.group()])
            at = match.end()
        return Text((*parts, *([value[at:]] if at < len(value) else []))) if parts else value
