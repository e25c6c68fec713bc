"""CSV as Go reads it, which is stricter and simpler than Python's reader: https://pkg.go.dev/encoding/csv."""

from __future__ import annotations

from soc2gate.declared.terraform.values import EvaluationError


def rows(text: str) -> list[list[str]]:
    """The fields of each line that is not empty; EvaluationError where Go's reader stops."""
    # Outside quotation marks only a line feed ends a line; before one, a carriage return is no part of anything.
    text = text.replace("\r\n", "\n").removesuffix("\r")
    found: list[list[str]] = []
    at, line = 0, 1
    while at < len(text):
        if text[at] == "\n":
            at, line = at + 1, line + 1
            continue
        row: list[str] = []
        ended = False
        while not ended:
            field, after = _field(text, at, line)
            line += text.count("\n", at, after)
            row.append(field)
            ended = after >= len(text) or text[after] == "\n"
            at = after + 1
        found.append(row)
        line += 1
    return found


def _field(text: str, at: int, line: int) -> tuple[str, int]:
    """One field, and where what ends it stands."""
    if text[at : at + 1] == '"':
        return _quoted(text, at + 1, line)
    ends = [end for end in (text.find(",", at), text.find("\n", at)) if end >= 0]
    after = min(ends, default=len(text))
    if '"' in text[at:after]:
        raise EvaluationError(f"the text is not CSV: a quotation mark within a field on line {line}")
    return text[at:after], after


def _quoted(text: str, at: int, line: int) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        end = text.find('"', at)
        if end < 0:
            raise EvaluationError(f"the text is not CSV: a quotation mark on line {line} is never closed")
        parts.append(text[at:end])
        following = text[end + 1 : end + 2]
        if following == '"':
            parts.append('"')
            at = end + 2
        elif following in ("", ",", "\n"):
            return "".join(parts), end + 1
        else:
            raise EvaluationError(f"the text is not CSV: text after a closing quotation mark on line {line}")
