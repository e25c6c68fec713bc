"""From YAML events to documents: duplicates refused, aliases and nesting limited, every position kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from soc2gate.errors import InputError, RefusedError
from soc2gate.patterns import regex
from soc2gate.yaml_lines.document import YAML_BREAK, Document, Row, Rows, SourceText, Tagged, YamlValue
from soc2gate.yaml_lines.scalars import plain

if TYPE_CHECKING:
    from yaml.error import MarkedYAMLError


class Mark(Protocol):
    """PyYAML's place in the text, from either parser; counts from 0."""

    line: int
    column: int


class Event(Protocol):
    """PyYAML's event; each kind of event has some of these."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    implicit: tuple[bool, bool]
    style: str | None


_CORE = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset(("!", _CORE + "str", _CORE + "binary", _CORE + "timestamp"))
_PLAIN_TAGS = frozenset(_CORE + name for name in ("bool", "int", "float", "null", "map", "seq", "omap", "set", "pairs"))


class YamlBuilder:
    """From events to documents. Recursion is as deep as the document, which `depth` limits."""

    def __init__(self, source: SourceText, depth: int, alias_nodes: int) -> None:
        # Imported here: a run that reads no YAML does not pay for it.
        from yaml import events

        self.kinds = events
        self.alias_kind: tuple[type, ...] = (events.AliasEvent,)
        self.mapping_start: tuple[type, ...] = (events.MappingStartEvent,)
        self.source = source
        self.depth = depth
        self.alias_nodes = alias_nodes
        self.known: dict[str, YamlValue] = {}
        """Scalars already resolved: manifests repeat themselves."""
        self.marks: dict[int, Rows] = {}
        self.anchors: dict[str, tuple[YamlValue, int, int] | None] = {}
        """Value, number of nodes in it, levels of nesting in it; None while it is being built."""
        self.nodes = 0
        self.expanded = 0
        self.deepest = 0
        self.last_line = 0
        """The last line on which something stood."""

    def documents(self) -> list[Document]:
        from yaml.error import MarkedYAMLError
        from yaml.reader import ReaderError

        events = self.kinds
        found = []
        try:
            self.next = _event_source(self.source.text)
            while (event := self.next()).__class__ is not events.StreamEndEvent:
                if event.__class__ is events.DocumentStartEvent:
                    self.marks, self.anchors = {}, {}
                    found.append(self.document(self.next()))
        except MarkedYAMLError as error:
            raise self.broken(error) from None
        except ReaderError as error:
            raise self.unreadable(error.reason) from None
        except UnicodeEncodeError as error:
            raise self.unreadable(error.reason) from None
        return found

    def document(self, event: Event) -> Document:
        mark = event.start_mark
        self.last_line = mark.line
        data = self.value(event, 1)
        style = getattr(event, "style", None) or ""
        root = (mark.line, mark.column, self.last_line, mark.line, mark.column, style)
        return Document(data, self.source, root, self.marks)

    def value(self, event: Event, depth: int) -> YamlValue:
        events = self.kinds
        self.nodes += 1
        if event.__class__ is events.ScalarEvent:
            value: YamlValue = self.scalar(event)
            if event.anchor:
                self.anchors[event.anchor] = (value, 1, 0)
            return value
        if event.__class__ is events.AliasEvent:
            return self.alias(event, depth)
        if depth > self.depth:
            raise self.refused(event.start_mark, f"nested more than {self.depth} levels deep")
        if event.anchor:
            return self.anchored(event, event.anchor, depth)
        return self.collection(event, depth)

    def collection(self, event: Event, depth: int) -> YamlValue:
        if depth > self.deepest:
            self.deepest = depth
        mapping = event.__class__ in self.mapping_start
        value = self.mapping(depth) if mapping else self.sequence(depth)
        return value if event.tag is None else self.tagged(event, value)

    def anchored(self, event: Event, name: str, depth: int) -> YamlValue:
        """A collection that aliases may repeat: its size and depth count again at each of them."""
        self.anchors[name] = None
        before, deepest = self.nodes, self.deepest
        self.deepest = depth
        value = self.collection(event, depth)
        self.anchors[name] = (value, self.nodes - before, self.deepest - depth)
        self.deepest = max(self.deepest, deepest)
        return value

    def alias(self, event: Event, depth: int) -> YamlValue:
        self.last_line = event.start_mark.line
        name = event.anchor
        if name not in self.anchors:
            raise self.error(event.start_mark, f"alias `*{name}` has no anchor `&{name}` before it")
        anchor = self.anchors[name]
        if anchor is None:
            raise self.error(event.start_mark, f"anchor `&{name}` contains itself")
        value, size, levels = anchor
        self.nodes += size
        self.expanded += size
        if self.expanded > self.alias_nodes:
            raise self.refused(event.start_mark, f"aliases stand for more than {self.alias_nodes:,} nodes")
        if depth + levels > self.depth:
            raise self.refused(event.start_mark, f"nested more than {self.depth} levels deep")
        self.deepest = max(self.deepest, depth + levels)
        return value

    def mapping(self, depth: int) -> dict[str, YamlValue]:
        events, take = self.kinds, self.next
        scalar, known = events.ScalarEvent, self.known
        data: dict[str, YamlValue] = {}
        rows: dict[str, Row] = {}
        self.marks[id(data)] = rows
        merges: list[tuple[Mark, YamlValue]] = []
        while True:
            key_event = take()
            if key_event.__class__ is events.MappingEndEvent:
                break
            key = key_event.value if key_event.__class__ is scalar else self.key(key_event)
            event = take()
            start, key_start = event.start_mark, key_event.start_mark
            style = ""
            if event.__class__ is scalar:
                style = event.style or ""
                if event.tag is None and event.anchor is None and style not in ("|", ">"):
                    # The common case, written out: most of a file is this.
                    self.nodes += 1
                    text = event.value
                    self.last_line = event.end_mark.line
                    value: YamlValue = text
                    if event.implicit[0]:
                        value = known[text] if text in known else self.resolve(text)
                else:
                    value = self.value(event, depth + 1)
            else:
                value = self.value(event, depth + 1)
            if key == "<<" and key_event.implicit[0]:
                merges.append((start, value))
                continue
            if key in rows:
                raise self.error(
                    key_start, f"key `{key}` stands here a second time; the first is on line {rows[key][0] + 1}"
                )
            data[key] = value
            rows[key] = (key_start.line, key_start.column, self.last_line, start.line, start.column, style)
        if self.last_line < key_event.end_mark.line and key_event.end_mark.column > key_event.start_mark.column:
            self.last_line = key_event.end_mark.line  # a closing brace
        for mark, value in merges:
            self.merge(mark, value, data, rows)
        return data

    def sequence(self, depth: int) -> list[YamlValue]:
        events, take = self.kinds, self.next
        data: list[YamlValue] = []
        rows: list[Row] = []
        self.marks[id(data)] = rows
        while True:
            event = take()
            if event.__class__ is events.SequenceEndEvent:
                break
            data.append(self.value(event, depth + 1))
            start = event.start_mark
            style = (event.style or "") if event.__class__ is events.ScalarEvent else ""
            rows.append((start.line, start.column, self.last_line, start.line, start.column, style))
        if self.last_line < event.end_mark.line and event.end_mark.column > event.start_mark.column:
            self.last_line = event.end_mark.line  # a closing bracket
        return data

    def key(self, event: Event) -> str:
        if event.anchor and event.__class__ in self.alias_kind:
            value = self.alias(event, 1)
            if isinstance(value, str):
                return value
        raise self.error(event.start_mark, "a key must be text, found a list, a mapping or an alias of one")

    def resolve(self, text: str) -> YamlValue:
        value = self.known[text] = plain(text)
        return value

    def scalar(self, event: Event) -> YamlValue:
        text = event.value
        start, end = event.start_mark.line, event.end_mark.line
        if event.style in ("|", ">"):
            # The parser's mark stands behind the blank lines that follow, at the start of the next thing.
            end = self.source.last_content_line(start, max(start, end - (event.end_mark.column == 0)))
        self.last_line = end
        tag = event.tag
        if tag is None:
            return self.resolve(text) if event.implicit[0] else text
        if tag in _TEXT_TAGS:
            return text
        if tag in _PLAIN_TAGS:
            return plain(text)
        return self.tagged(event, text)

    def tagged(self, event: Event, value: YamlValue) -> YamlValue:
        tag = event.tag or "!"
        if tag == "!" or tag in _PLAIN_TAGS:
            return value
        if tag.startswith(_CORE):
            raise self.error(event.start_mark, f"tag `!!{tag.removeprefix(_CORE)}` is not one of YAML's data types")
        return Tagged(tag.removeprefix("!"), value)

    def merge(self, mark: Mark, value: YamlValue, data: dict[str, YamlValue], rows: dict[str, Row]) -> None:
        """Add what `<<` brings; keys of the mapping itself, and of earlier merges, win."""
        for part in value if isinstance(value, list) else [value]:
            if not isinstance(part, dict):
                raise self.error(mark, "`<<` expects a mapping or a list of mappings")
            theirs = self.marks[id(part)]
            for key, child in part.items():
                if key not in data:
                    data[key] = child
                    rows[key] = theirs[key]  # type: ignore[call-overload]  # a dict's rows are a dict

    def error(self, mark: Mark, message: str) -> InputError:
        return InputError(message, path=self.source.path, line=mark.line + 1, column=mark.column + 1)

    def refused(self, mark: Mark, message: str) -> RefusedError:
        return RefusedError(message, path=self.source.path, line=mark.line + 1, column=mark.column + 1)

    def broken(self, error: MarkedYAMLError) -> InputError:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it cannot be read"
        message = f"broken YAML: {problem}" + (f" ({error.context})" if error.context and error.problem else "")
        if mark is None:
            return InputError(message, path=self.source.path)
        hint = next((hint for part, hint in _HINTS.items() if part in problem), "")
        stood = self.source.line(mark.line).strip()
        quoted = f"there stands: {shorten(stood)}" if stood else ""
        return InputError(
            message,
            path=self.source.path,
            line=mark.line + 1,
            column=mark.column + 1,
            hint="; ".join(part for part in (quoted, hint) if part),
        )

    def unreadable(self, reason: str) -> InputError:
        found = _NOT_YAML.search(self.source.text)
        if found is None:
            return InputError(f"broken YAML: {reason}", path=self.source.path)
        before = self.source.text[: found.start()]
        line = len(YAML_BREAK.findall(before)) + 1
        column = len(YAML_BREAK.split(before)[-1]) + 1
        message = f"character U+{ord(found.group()):04X} is not allowed in YAML"
        return InputError(message, path=self.source.path, line=line, column=column)


_NOT_YAML = regex("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HINTS = {
    "mapping values are not allowed": "a text with `: ` in it needs quotation marks, or the indentation is off",
    "could not find expected ':'": "expected `key: value`; the line before may lack its `:` or a quotation mark",
    "cannot start any token": "tabs cannot indent, and a text that begins with `@`, a backtick or `%` needs quotes",
    "did not find expected key": "expected a key at the same indentation as the one before",
    "did not find expected '-' indicator": "expected another `- ` at the same indentation as the one before",
    "unexpected end of stream": "a quotation mark or bracket is not closed",
}


def shorten(text: str, width: int = 60) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _event_source(text: str) -> Callable[[], Event]:
    """What gives the next event: libyaml, or PyYAML's own parser where it was built without."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        return _pure_event_source(text)
    take: Callable[[], Event] = CParser(text).get_event  # type: ignore[assignment]  # None only after the last event
    return take


def _pure_event_source(text: str) -> Callable[[], Event]:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PureParser(Reader, Scanner, Parser):
        def __init__(self) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    take: Callable[[], Event] = PureParser().get_event
    return take
