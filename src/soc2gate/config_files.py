"""The files that settings stand in: what they say, and where each part of it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from soc2gate.errors import ConfigError, InputError

if TYPE_CHECKING:
    from soc2gate.model.value import Json
    from soc2gate.yaml_lines import Document

KeyPath: TypeAlias = tuple[str | int, ...]


def read_settings(file: Path, shown: str) -> tuple[dict[str, Json], Places]:
    """What a file says, YAML or TOML; `shown` is what errors call it. Raises `ConfigError` where it is broken."""
    return _read_toml(file, shown) if file.suffix == ".toml" else _read_yaml(file, shown)


def standing(value: Json, text: str, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Where in what a file says this very text stands."""
    if value == text:
        yield path
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from standing(child, text, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from standing(child, text, (*path, index))


class Places(Protocol):
    """Where the parts of a configuration file stand: line and column, from 1."""

    path: str

    def key(self, path: KeyPath) -> tuple[int, int]: ...

    def value(self, path: KeyPath) -> tuple[int, int]: ...


class _YamlPlaces:
    def __init__(self, path: str, document: Document) -> None:
        self.path = path
        self.document = document

    def key(self, path: KeyPath) -> tuple[int, int]:
        place = self.document.place(path)
        return place.line, place.column

    def value(self, path: KeyPath) -> tuple[int, int]:
        place = self.document.value_place(path)
        return place.line, place.column


class _TomlPlaces:
    """Python's TOML reader keeps no places, so the lines are looked through for the keys."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def key(self, path: KeyPath) -> tuple[int, int]:
        line = self._find(re.compile(r"\s*\[+tool\.soc2gate\b"), 0) or 0
        for step, after in zip(path, (*path[1:], ""), strict=True):
            if isinstance(step, str):
                name = re.escape(step)
                header = re.compile(rf"\s*\[+tool\.soc2gate\b.*\b{name}[\"']?\]")
                found = self._find(header, line, after if isinstance(after, int) else 0)
                if found is None:
                    found = self._find(re.compile(rf"(?:.*[\s{{,])?[\"']?{name}[\"']?\s*="), line)
                line = line if found is None else found
        text = self.lines[line] if line < len(self.lines) else ""
        last = next((step for step in reversed(path) if isinstance(step, str)), "")
        return line + 1, max(text.find(last), 0) + 1

    def value(self, path: KeyPath) -> tuple[int, int]:
        return self.key(path)

    def _find(self, pattern: re.Pattern[str], start: int, skip: int = 0) -> int | None:
        for number in range(start, len(self.lines)):
            if pattern.match(self.lines[number]):
                if skip == 0:
                    return number
                skip -= 1
        return None


def _read_yaml(file: Path, shown: str) -> tuple[dict[str, Json], Places]:
    # Imported here: without a configuration file nobody pays for the YAML reader.
    from soc2gate import yaml_lines

    try:
        document = yaml_lines.load(_text(file, shown), shown)
    except InputError as error:
        raise ConfigError(
            error.message, path=error.path, line=error.line, column=error.column, hint=error.hint
        ) from None
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        raise ConfigError("expected settings, `key: value`", path=shown, line=document.line, column=1)
    return {key: _json(value) for key, value in data.items()}, _YamlPlaces(shown, document)


def _read_toml(file: Path, shown: str) -> tuple[dict[str, Json], Places]:
    import tomllib

    text = _text(file, shown)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = (int(place.group(1)), int(place.group(2))) if place else (0, 0)
        message = f"broken TOML: {re.sub(r' *[(]at .*', '', str(error))}"
        raise ConfigError(message, path=shown, line=line, column=column) from None
    section = _section(data, text, shown) if file.name == "pyproject.toml" else data
    return {key: _json(value) for key, value in section.items()}, _TomlPlaces(shown, text)


def _section(data: dict[str, object], text: str, shown: str) -> dict[str, object]:
    """Ours of a file that says how to build and test a project too."""
    tool = data.get("tool", {})
    section = tool.get("soc2gate", {}) if isinstance(tool, dict) else tool
    if isinstance(section, dict):
        return section
    lines = text.splitlines()
    wanted = "soc2gate" if isinstance(tool, dict) else "tool"
    line = next((number for number, each in enumerate(lines, 1) if wanted in each), 1)
    raise ConfigError("[tool.soc2gate] must be a table of settings", path=shown, line=line, column=1)


def _text(file: Path, shown: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot be read: {error}", path=shown) from None


def _json(value: object) -> Json:
    """What both formats hold, as JSON holds it; a date becomes its text, and what is neither stays for the check."""
    if isinstance(value, dict):
        return {str(key): _json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_json(child) for child in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat is not None else repr(value)
