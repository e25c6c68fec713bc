"""Go's regular expressions on Python's engine.

The syntax differs in corners: what Go spells differently is translated, what Go refuses is refused, and a pattern that
Python cannot be trusted with (nested repetition can take exponential time, which Go's engine never does) ends in an
EvaluationError, which leaves the value unknown.
"""

from __future__ import annotations

import re

from soc2gate.declared.terraform.values import STRING, EvaluationError, TfList, UnsupportedError, Val, type_of

_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ", "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_LONGEST_RISK = 30
_cache: dict[str, re.Pattern[str]] = {}


def first(pattern: str, value: str) -> Val:
    """The first match: its text, a tuple of its groups, or an object of its named groups."""
    found = _compiled(pattern, value).search(value)
    if found is None:
        raise EvaluationError("the pattern does not match")
    return _captured(found)


def every(pattern: str, value: str) -> Val:
    """All matches, in order."""
    found = [_captured(match) for match in _matches(_compiled(pattern, value), value)]
    return TfList(found, type_of(found[0]) if found else STRING)


def replace(value: str, pattern: str, by: str) -> str:
    """All matches replaced; `$1` and `${name}` stand for groups, as Go expands them."""
    compiled = _compiled(pattern, value)
    out: list[str] = []
    at = 0
    for match in _matches(compiled, value):
        out.append(value[at : match.start()])
        out.append(_expanded(by, match))
        at = match.end()
    out.append(value[at:])
    return "".join(out)


def _matches(compiled: re.Pattern[str], value: str) -> list[re.Match[str]]:
    """Every match, where Go does not let an empty one follow right after another match."""
    found: list[re.Match[str]] = []
    end = -1
    for match in compiled.finditer(value):
        if match.start() == match.end() == end:
            continue
        found.append(match)
        end = match.end()
    return found


def _captured(match: re.Match[str]) -> Val:
    names = match.re.groupindex
    if names:
        if len(names) != match.re.groups:
            raise EvaluationError("named and unnamed groups cannot be mixed")
        return {name: match.group(name) for name in names}
    if match.re.groups:
        return list(match.groups())
    return match.group()


def _expanded(template: str, match: re.Match[str]) -> str:
    def value(reference: re.Match[str]) -> str:
        name = reference.group(1) or reference.group(2)
        if name is None:
            return "$"
        if name.isdigit():
            return (match.group(int(name)) or "") if int(name) <= match.re.groups else ""
        return (match.group(name) or "") if name in match.re.groupindex else ""

    return re.sub(r"\$(?:\$|(\w+)|\{(\w+)\})", value, template)


def _compiled(pattern: str, value: str) -> re.Pattern[str]:
    compiled = _cache.get(pattern)
    if compiled is None:
        try:
            compiled = re.compile(_translated(pattern), re.ASCII)
        except (re.error, RecursionError, OverflowError) as error:
            raise UnsupportedError(f"the pattern could not be read: {error}") from error
        if len(_cache) > 500:
            _cache.clear()
        _cache[pattern] = compiled
    if len(value) > _LONGEST_RISK and _may_explode(pattern):
        raise UnsupportedError("a pattern with repetition inside repetition is not tried on a long text")
    return compiled


def _may_explode(pattern: str) -> bool:
    """Whether a repeated group repeats something itself: only those can take exponential time."""
    return (
        re.search(r"\((?:[^()\\]|\\.)*[*+}](?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)(?:[*+]|\{\d*,)", pattern) is not None
    )


def _translated(pattern: str) -> str:
    out: list[str] = []
    at = 0
    multiline = re.search(r"\(\?[isU]*m", pattern) is not None
    flagged = ""
    closing: list[str] = []
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            piece, at = _escape(pattern, at, in_class=False)
            out.append(piece)
        elif char == "[":
            piece, at = _class(pattern, at)
            out.append(piece)
        elif char == "$":
            out.append("$" if multiline else r"\Z")
            at += 1
        elif char == "(":
            piece, at, ends = _group(pattern, at)
            out.append(piece)
            if ends is None:
                # Flags for the rest of the group become a group of their own around that rest.
                if closing:
                    closing[-1] += ")"
                else:
                    flagged += ")"
            else:
                closing.append(ends)
        elif char == ")":
            if not closing:
                raise EvaluationError("the pattern closes a group that it does not open")
            out.append(closing.pop())
            at += 1
        else:
            if char in "*+?}" and pattern[at + 1 : at + 2] == "+" and out:
                raise re.error("invalid nested repetition operator")
            out.append(char)
            at += 1
    if closing:
        raise EvaluationError("the pattern does not close a group")
    return "".join(out) + flagged


def _group(pattern: str, at: int) -> tuple[str, int, str | None]:
    if not pattern.startswith("(?", at):
        return "(", at + 1, ")"
    if pattern.startswith(("(?P<", "(?:"), at):
        length = 4 if pattern.startswith("(?P<", at) else 3
        return pattern[at : at + length], at + length, ")"
    if pattern.startswith("(?<", at) and pattern[at + 3 : at + 4] not in ("=", "!"):
        return "(?P<", at + 3, ")"
    flags = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])").match(pattern, at)
    if flags is None or "U" in (flags.group(1) + (flags.group(2) or "")):
        raise re.error("a group of this kind is not supported")
    off = f"-{flags.group(2)}" if flags.group(2) else ""
    on_off = flags.group(1) + off
    head = f"(?{on_off}:" if on_off else "(?:"
    return head, flags.end(), ")" if flags.group(3) == ":" else None


def _escape(pattern: str, at: int, in_class: bool) -> tuple[str, int]:
    char = pattern[at + 1 : at + 2]
    if char == "z":
        return r"\Z", at + 2
    if char == "Q":
        end = pattern.find(r"\E", at + 2)
        literal = pattern[at + 2 : end if end >= 0 else len(pattern)]
        return re.escape(literal), end + 2 if end >= 0 else len(pattern)
    if char == "s":
        return (r"\t\n\f\r " if in_class else r"[\t\n\f\r ]"), at + 2
    if char == "S" and not in_class:
        return r"[^\t\n\f\r ]", at + 2
    if char in "pPC" or (char.isdigit() and char != "0") or char == "Z":
        raise re.error(f"“\\{char}” is not supported")
    if char == "x" and pattern[at + 2 : at + 3] == "{":
        end = pattern.find("}", at)
        code = int(pattern[at + 3 : end], 16)
        return re.escape(chr(code)), end + 1
    return pattern[at : at + 2], at + 2


def _class(pattern: str, at: int) -> tuple[str, int]:
    out = ["["]
    at += 1
    if pattern.startswith("^", at):
        out.append("^")
        at += 1
    start = at
    while at < len(pattern):
        char = pattern[at]
        if char == "]" and at > start:
            return "".join(out) + "]", at + 1
        if char == "[":
            posix = re.compile(r"\[:(\^?)(\w+):\]").match(pattern, at)
            if posix is not None:
                if posix.group(1) or posix.group(2) not in _POSIX:
                    raise re.error("a character class of this kind is not supported")
                out.append(_POSIX[posix.group(2)])
                at = posix.end()
                continue
            out.append(r"\[")
            at += 1
        elif char == "\\":
            piece, at = _escape(pattern, at, in_class=True)
            out.append(piece)
        else:
            out.append("\\" + char if char in "&~|]" else char)
            at += 1
    raise re.error("missing closing ]")
