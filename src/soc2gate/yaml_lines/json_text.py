"""JSON with the position of every key and element, which the standard reader does not give."""

from __future__ import annotations

import re
from bisect import bisect_right

from soc2gate.errors import InputError, RefusedError
from soc2gate.yaml_lines.document import JSON_BREAK, Document, Row, Rows, SourceText, YamlValue
from soc2gate.yaml_lines.scalars import LONGEST_NUMBER

_JSON_KEY = re.compile(r'[ \t\r\n]*"([^"\\\x00-\x08\x0a-\x1f]*(?:\\.[^"\\\x00-\x08\x0a-\x1f]*)*)"[ \t\r\n]*:[ \t\r\n]*')
_JSON_TEXT = re.compile(r'"([^"\\\x00-\x08\x0a-\x1f]*(?:\\.[^"\\\x00-\x08\x0a-\x1f]*)*)"')
_JSON_REST = re.compile(r"(-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)|true|false|null")
_JSON_SPACE = re.compile(r"[ \t\r\n]*")
_JSON_NEXT = re.compile(r"[ \t\r\n]*([,}\]]?)[ \t\r\n]*")
_JSON_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class JsonBuilder:
    """JSON by hand, because the standard reader gives no positions. Tabs inside texts are let through."""

    def __init__(self, source: SourceText, depth: int) -> None:
        source.breaks = JSON_BREAK
        self.source = source
        self.text = source.text
        self.depth = depth
        self.starts = [0, *(found.end() for found in JSON_BREAK.finditer(self.text))]
        self.marks: dict[int, Rows] = {}

    def document(self) -> Document:
        position = self.space(0)
        data, end = self.value(position, 1)
        rest = self.space(end)
        if rest != len(self.text):
            raise self.error(rest, "the end of the file")
        line, column = self.at(position)
        return Document(data, self.source, (line, column, self.at(max(end - 1, 0))[0], line, column, ""), self.marks)

    def value(self, position: int, depth: int) -> tuple[YamlValue, int]:
        """The value at `position`, and where it ends."""
        character = self.text[position : position + 1]
        if character == '"':
            found = _JSON_TEXT.match(self.text, position)
            if found is None:
                raise self.error(position, "a closing quotation mark on the same line")
            text = found.group(1)
            return (text if "\\" not in text else self.unescape(position)), found.end()
        if character == "{" or character == "[":
            if depth > self.depth:
                line, column = self.at(position)
                message = f"nested more than {self.depth} levels deep"
                raise RefusedError(message, path=self.source.path, line=line + 1, column=column + 1)
            return self.object(position, depth) if character == "{" else self.array(position, depth)
        found = _JSON_REST.match(self.text, position)
        if found is None:
            raise self.error(position, "a value")
        return self.number(found) if found.group(1) else _JSON_WORDS[found.group()], found.end()

    def object(self, start: int, depth: int) -> tuple[YamlValue, int]:
        data: dict[str, YamlValue] = {}
        rows: dict[str, Row] = {}
        self.marks[id(data)] = rows
        text, starts = self.text, self.starts
        found = _JSON_NEXT.match(text, start + 1)
        if found and found.group(1) == "}":
            return data, found.end(1)
        position = start + 1
        while True:
            key_match = _JSON_KEY.match(text, position)
            if key_match is None:
                raise self.error(self.space(position), 'a key in quotation marks and then ":"')
            key = key_match.group(1)
            key_start = key_match.start(1) - 1
            if "\\" in key:
                key = self.unescape(key_start)
            line = bisect_right(starts, key_start) - 1
            if key in rows:
                message = f"key `{key}` stands here a second time; the first is on line {rows[key][0] + 1}"
                raise InputError(message, path=self.source.path, line=line + 1, column=key_start - starts[line] + 1)
            value_start = key_match.end()
            data[key], end = self.value(value_start, depth + 1)
            value_line = bisect_right(starts, value_start) - 1
            last = bisect_right(starts, end - 1) - 1
            style = '"' if text[value_start] == '"' else ""
            rows[key] = (line, key_start - starts[line], last, value_line, value_start - starts[value_line], style)
            found = _JSON_NEXT.match(text, end)
            separator = found.group(1) if found else ""
            if separator == "}" and found:
                return data, found.end(1)
            if separator != "," or not found:
                raise self.error(self.space(end), '"," or "}"')
            position = found.end()

    def array(self, start: int, depth: int) -> tuple[YamlValue, int]:
        data: list[YamlValue] = []
        rows: list[Row] = []
        self.marks[id(data)] = rows
        text, starts = self.text, self.starts
        position = self.space(start + 1)
        if text[position : position + 1] == "]":
            return data, position + 1
        while True:
            value, end = self.value(position, depth + 1)
            data.append(value)
            line, last = bisect_right(starts, position) - 1, bisect_right(starts, end - 1) - 1
            column = position - starts[line]
            rows.append((line, column, last, line, column, '"' if text[position] == '"' else ""))
            found = _JSON_NEXT.match(text, end)
            separator = found.group(1) if found else ""
            if separator == "]" and found:
                return data, found.end(1)
            if separator != "," or not found:
                raise self.error(self.space(end), '"," or "]"')
            position = found.end()

    def number(self, found: re.Match[str]) -> YamlValue:
        text = found.group()
        if len(text) <= LONGEST_NUMBER:
            if not found.group(2) and not found.group(3):
                return int(text)
            number = float(text)
            if abs(number) != float("inf"):
                return number
        raise self.error(found.start(), "a number that fits a double")

    def unescape(self, position: int) -> str:
        from json import JSONDecodeError, JSONDecoder

        try:
            text: str = JSONDecoder(strict=False).raw_decode(self.text, position)[0]
        except JSONDecodeError as error:
            raise self.error(error.pos, "a valid escape") from None
        return text

    def space(self, position: int) -> int:
        found = _JSON_SPACE.match(self.text, position)
        return found.end() if found else position

    def at(self, position: int) -> tuple[int, int]:
        line = bisect_right(self.starts, position) - 1
        return line, position - self.starts[line]

    def error(self, position: int, expected: str) -> InputError:
        line, column = self.at(position)
        rest = self.text[position : position + 40].split("\n")[0].strip()
        found = f"`{rest[:30]}`" if rest else "the end of the file"
        message = f"broken JSON: expected {expected}, found {found}"
        return InputError(message, path=self.source.path, line=line + 1, column=column + 1)
