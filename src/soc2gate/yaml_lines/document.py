"""What reading YAML or JSON gives: plain data, and where each part of it stood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, Union

from soc2gate.model.resource import Span


class Tagged:
    """A value under a tag of the format's own: `!Ref x` is `Tagged("Ref", "x")`. A tagged scalar stays text."""

    __slots__ = ("tag", "value")

    def __init__(self, tag: str, value: YamlValue) -> None:
        self.tag = tag
        self.value = value

    def __repr__(self) -> str:
        return f"Tagged({self.tag!r}, {self.value!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tagged) and (self.tag, self.value) == (other.tag, other.value)

    def __hash__(self) -> int:
        return hash((Tagged, self.tag))


YamlValue: TypeAlias = Union[bool, int, float, str, list["YamlValue"], dict[str, "YamlValue"], Tagged, None]
Step: TypeAlias = str | int
Row: TypeAlias = tuple[int, int, int, int, int, str]
"""Line, column (of the key; of the value for a list element), last line, line and column of the value, and a scalar's
style (`|`, `>`, `"`, `'`, else empty). Everything counts from 0."""
Rows: TypeAlias = dict[str, Row] | list[Row]


class Document:
    """One document: plain data, and where each part of it stood.

    `data` holds dicts, lists, scalars and `Tagged` nodes. An alias is the same object as its anchor and stands where
    the anchor does; nobody may change what is in there. A path is a sequence of keys and indexes, or their usual
    spelling (`spec.containers[0].image`) where no key has a dot or a bracket in it. A path that leads to nothing
    stands where its nearest ancestor does.
    """

    __slots__ = ("_marks", "_root", "_source", "data", "path")

    def __init__(self, data: YamlValue, source: SourceText, root: Row, marks: Mapping[int, Rows]) -> None:
        self.data = data
        self.path = source.path
        self._source = source
        self._root = root
        self._marks = marks

    @property
    def line(self) -> int:
        """The first line with content, from 1."""
        return self._root[0] + 1

    @property
    def end_line(self) -> int:
        return self._root[2] + 1

    def lines(self, container: YamlValue, step: Step) -> tuple[int, int, int]:
        """`span` as a `SpanTable` keeps it: line, column and last line, counted from 0."""
        return (self._entry(container, step) or self._root)[:3]

    def span(self, container: YamlValue, step: Step) -> Span:
        """Where entry `step` of a dict, list or tagged collection of this document stands, to its value's last line."""
        line, column, end = (self._entry(container, step) or self._root)[:3]
        return Span(self.path, line + 1, column + 1, end + 1)

    def value_span(self, container: YamlValue, step: Step) -> Span:
        """Where the entry's value begins (its tag or quotation mark, if any), to its last line."""
        row = self._entry(container, step) or self._root
        return Span(self.path, row[3] + 1, row[4] + 1, row[2] + 1)

    def place(self, path: str | Sequence[Step] = ()) -> Span:
        """Where a key or list element stands, to its value's last line. The empty path is the document."""
        line, column, end = self._at(path)[:3]
        return Span(self.path, line + 1, column + 1, end + 1)

    def value_place(self, path: str | Sequence[Step] = ()) -> Span:
        """Where the value at `path` begins (its tag or quotation mark, if any), to its last line."""
        row = self._at(path)
        return Span(self.path, row[3] + 1, row[4] + 1, row[2] + 1)

    def text_place(self, path: str | Sequence[Step], offset: int = 0) -> Span:
        """Where character `offset` of the text at `path` stands: inside the quotation marks, below the `|` or `>`.

        Exact for every style; where folding turned a line break into a space, the space stands at the end of its line.
        """
        row = self._at(path)
        line, column = self._source.char_at(row, offset)
        return Span(self.path, line + 1, column + 1, max(line, row[2]) + 1)

    def places(self, path: Sequence[Step] = ()) -> SpanTable:
        """Every key and list element below `path`, by its path from there in the usual spelling."""
        node = self.data
        for step in path:
            node = _child(node, step)
        table: dict[str, tuple[int, int, int]] = {}
        self._collect(node, "", table)
        return SpanTable(self.path, table)

    def _collect(self, node: YamlValue, prefix: str, table: dict[str, tuple[int, int, int]]) -> None:
        if isinstance(node, Tagged):
            node = node.value
        if isinstance(node, dict):
            rows = self._marks[id(node)]
            for key, child in node.items():
                row = rows[key]  # type: ignore[call-overload]  # a dict's rows are a dict
                name = f"{prefix}.{key}" if prefix else key
                table[name] = row[:3]
                if child.__class__ in _COLLECTIONS:
                    self._collect(child, name, table)
        elif isinstance(node, list):
            for index, (child, row) in enumerate(zip(node, self._marks[id(node)], strict=True)):
                name = f"{prefix}[{index}]"
                table[name] = row[:3]  # type: ignore[assignment]  # a list's rows are a list
                if child.__class__ in _COLLECTIONS:
                    self._collect(child, name, table)

    def _entry(self, container: YamlValue, step: Step) -> Row | None:
        if isinstance(container, Tagged):
            container = container.value
        rows = self._marks.get(id(container))
        try:
            return rows[step]  # type: ignore[index]  # what does not fit is caught here
        except (KeyError, IndexError, TypeError):
            return None

    def _at(self, path: str | Sequence[Step]) -> Row:
        row = self._root
        node = self.data
        for step in split_path(path) if isinstance(path, str) else path:
            entry = self._entry(node, step)
            if entry is None:
                return row
            row = entry
            node = _child(node, step)
        return row


class SpanTable(Mapping[str, Span]):
    """Places by path. Spans are made when asked for: most never are, and there are hundreds of thousands."""

    __slots__ = ("_path", "_table")

    def __init__(self, path: str, table: dict[str, tuple[int, int, int]]) -> None:
        self._path = path
        self._table = table

    def __getitem__(self, key: str) -> Span:
        line, column, end = self._table[key]
        return Span(self._path, line + 1, column + 1, end + 1)

    def __contains__(self, key: object) -> bool:
        return key in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


def split_path(path: str) -> list[Step]:
    """`a.b[0]` as `["a", "b", 0]`."""
    return [int(index) if index else key for index, key in _STEP.findall(path)]


_COLLECTIONS = frozenset((dict, list, Tagged))


def _child(node: YamlValue, step: Step) -> YamlValue:
    if isinstance(node, Tagged):
        node = node.value
    if isinstance(node, dict) and isinstance(step, str):
        return node[step]
    if isinstance(node, list) and isinstance(step, int):
        return node[step]
    raise KeyError(step)


_TAGS_AND_ANCHORS = re.compile(r"(?:[!&]\S*[ \t]*)+")
_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}
YAML_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
JSON_BREAK = re.compile("\r\n|[\n\r]")


class SourceText:
    """The text, by line: for errors that quote it and for places inside a scalar."""

    __slots__ = ("_lines", "breaks", "path", "text")

    def __init__(self, text: str, path: str) -> None:
        self.text = text[1:] if text.startswith("\ufeff") else text
        self.path = path
        self.breaks = YAML_BREAK
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        if self._lines is None:
            self._lines = self.breaks.split(self.text)
        return self._lines[number] if 0 <= number < len(self._lines) else ""

    def indent(self, number: int) -> int:
        text = self.line(number)
        return len(text) - len(text.lstrip())

    def last_content_line(self, first: int, last: int) -> int:
        """`last`, less the blank lines before it."""
        while last > first and not self.line(last).strip():
            last -= 1
        return last

    def char_at(self, row: Row, offset: int) -> tuple[int, int]:
        """Line and column of a character of the scalar that stands at `row`."""
        last, line, column, style = row[2:]
        while found := _TAGS_AND_ANCHORS.match(self.line(line), column):
            column = found.end()
            if self.line(line)[column:].strip() or line >= last:
                break
            line += 1
            column = self.indent(line)
        if style in ("|", ">"):
            return self._block_char(line + 1, last, style, offset)
        return self._flow_char(line, column + len(style), last, style, offset)

    def _block_char(self, line: int, last: int, style: str, offset: int) -> tuple[int, int]:
        indent = next((self.indent(number) for number in range(line, last + 1) if self.line(number).strip()), 0)
        while line < last:
            length = max(0, len(self.line(line)) - indent)
            if offset <= length:
                break
            # A line break is one character of the text, except before a blank line of a folded one.
            offset -= length if style == ">" and length and not self.line(line + 1).strip() else length + 1
            line += 1
        return line, indent + offset

    def _flow_char(self, line: int, column: int, last: int, style: str, offset: int) -> tuple[int, int]:
        while True:
            text = self.line(line)
            joined = style == '"' and line < last and text.endswith("\\")
            end = len(text) - joined
            while offset and column < end:
                width = 1
                if style == '"' and text[column] == "\\":
                    width = _ESCAPE_LENGTH.get(text[column + 1 : column + 2], 2)
                elif style == "'" and text.startswith("''", column):
                    width = 2
                column += width
                offset -= 1
            if line >= last or not (offset or (joined and column == end)):
                return line, min(column, len(text))
            # The break and the next line's indentation are one space together; after a backslash they are nothing.
            offset -= not joined
            line += 1
            column = self.indent(line)
