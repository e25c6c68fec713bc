"""Reading a rule or mapping file key by key: every mistake is noted with its place, and reading goes on.

The loaders want all errors of a pack at once, so nothing here raises for a wrong value; it notes a `ConfigError` and
gives an empty value in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from soc2gate import yaml_lines
from soc2gate.errors import ConfigError, InputError
from soc2gate.model.rule import Source
from soc2gate.suggest import did_you_mean
from soc2gate.yaml_lines import Document, YamlValue

Table = dict[str, YamlValue]


class Sheet:
    """One document being read, and the errors found in it so far."""

    def __init__(self, path: str, document: Document, text: str) -> None:
        self.path = path
        self.document = document
        self.lines = text.splitlines()
        self.errors: list[ConfigError] = []

    def error(self, container: YamlValue, step: str | int | None, message: str, hint: str = "") -> None:
        """Note a mistake at an entry of `container`; at the document's beginning where `step` is None."""
        line, column = self.document.line, 1
        if step is not None:
            span = self.document.span(container, step)
            line, column = span.line, span.column
        self.errors.append(ConfigError(message, path=self.path, line=line, column=column, hint=hint))

    def line(self, container: YamlValue, step: str | int) -> int:
        return self.document.span(container, step).line

    def table(self, value: YamlValue, what: str, container: YamlValue = None, step: str | int | None = None) -> Table:
        """The value as a mapping; an empty one, and an error, where it is something else."""
        if isinstance(value, dict):
            return value
        self.error(container, step, f"{what} must be a mapping, not {_name(value)}")
        return {}

    def keys(self, table: Table, known: Iterable[str], what: str) -> None:
        """Refuse keys that mean nothing here."""
        choices = tuple(known)
        for key in table:
            if key not in choices:
                hint = did_you_mean(key, choices) or f"known here: {', '.join(choices)}"
                self.error(table, key, f"{what} has no key “{key}”", hint)

    def require(self, table: Table, keys: Sequence[str], what: str, parent: YamlValue, step: str | int | None) -> None:
        """Note each key that must be there and is not."""
        for key in keys:
            if table.get(key) is None:
                self.error(parent, step, f"{what} has no “{key}”")

    def text(self, table: Table, key: str) -> str:
        """A string; empty where the key is absent."""
        value = table.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.error(table, key, f"“{key}” must be text, not {_name(value)}")
            return ""
        return value

    def texts(self, table: Table, key: str) -> tuple[str, ...]:
        """A list of strings; empty where the key is absent."""
        value = table.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.error(table, key, f"“{key}” must be a list of texts")
            return ()
        return tuple(item for item in value if isinstance(item, str))

    def number(self, table: Table, key: str) -> int:
        """A whole number above 0; 0 where the key is absent."""
        value = table.get(key)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self.error(table, key, f"“{key}” must be a whole number above 0, not {_name(value)}")
            return 0
        return value

    def one_of(self, table: Table, key: str, choices: Sequence[str]) -> str:
        """A word out of a list; empty where the key is absent or wrong."""
        word = self.text(table, key)
        if word and word not in choices:
            self.unknown_word(table, key, key, word, choices)
            return ""
        return word

    def some_of(self, table: Table, key: str, choices: Sequence[str]) -> tuple[str, ...]:
        """Words out of a list."""
        words = self.texts(table, key)
        value = table.get(key)
        for index, word in enumerate(words):
            if word not in choices:
                self.unknown_word(value, index, key, word, choices)
        return tuple(word for word in words if word in choices)

    def unknown_word(self, container: YamlValue, step: str | int, key: str, word: str, choices: Iterable[str]) -> None:
        """Note a word that is not among the choices, with the likeliest one or all of them."""
        names = tuple(choices)
        hint = did_you_mean(word, names) or (f"one of: {', '.join(names)}" if len(names) <= 12 else "")
        self.error(container, step, f"{key}: there is no “{word}”", hint)

    def source(self, table: Table, key: str) -> Source | None:
        """An expression with the place its first character stands at."""
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, bool):
            # `assert: true` is a fair thing to write in a draft.
            value = str(value).lower()
        if not isinstance(value, str) or not value.strip():
            self.error(table, key, f"“{key}” must be an expression in quotes, not {_name(value)}")
            return None
        line, column = self._text_start(table, key)
        return Source(value, self.path, line, column)

    def _text_start(self, table: Table, key: str) -> tuple[int, int]:
        """Where the first character of a scalar's text stands: behind its quotation mark, below its `|`."""
        span = self.document.value_span(table, key)
        first = self.lines[span.line - 1][span.column - 1 :][:1]
        if first in ("|", ">"):
            below = self.lines[span.line] if span.line < len(self.lines) else ""
            return span.line + 1, len(below) - len(below.lstrip()) + 1
        return span.line, span.column + (first in ("'", '"'))


def open_sheet(file: str, shown: str, errors: list[ConfigError]) -> Sheet | None:
    """Read a YAML file that holds one document; None, with the error noted, where that is not possible.

    `file` is opened, `shown` is the path that people are told.
    """
    try:
        with open(file, encoding="utf-8") as stream:
            text = stream.read()
        documents = yaml_lines.load_all(text, shown)
    except (OSError, UnicodeDecodeError) as error:
        errors.append(ConfigError(f"cannot be read: {error}", path=shown))
        return None
    except InputError as error:
        errors.append(ConfigError(error.message, path=shown, line=error.line, column=error.column, hint=error.hint))
        return None
    if len(documents) != 1:
        errors.append(ConfigError(f"must hold one YAML document, and holds {len(documents)}", path=shown))
        return None
    return Sheet(shown, documents[0], text)


def digest_of(content: Mapping[str, object] | Sequence[object]) -> str:
    """sha256 over the content in a canonical spelling: the order of keys and the layout of the file do not matter."""
    import hashlib
    import json

    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _name(value: YamlValue) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"“{value}”"
