"""Functions over strings. Those that look at one end only, or at each character alone, work on partly known text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.functions import regexes
from soc2gate.declared.terraform.functions.signature import Function, machine_int
from soc2gate.declared.terraform.unknowns import Tail, derived, text
from soc2gate.declared.terraform.values import STRING, EvaluationError, TfList, Val, describe, to_number
from soc2gate.model.text_json import Held
from soc2gate.model.value import SPECIAL, Text, Unknown

_MOST_CHARACTERS = 10_000_000


def graphemes(value: str) -> list[str]:
    """Characters as people count them; joins what is surely one (combining marks, joiners, CRLF)."""
    if value.isascii() and "\r\n" not in value:
        return list(value)
    clusters: list[str] = []
    for char in value:
        if clusters and _continues(clusters[-1], char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _continues(cluster: str, char: str) -> bool:
    """Whether `char` is part of the character that `cluster` began."""
    if _extends(char) or cluster[-1] == "\u200d" or (cluster == "\r" and char == "\n"):
        return True
    return _regional(char) and len(cluster) == 1 and _regional(cluster)


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in "\u200d\ufe0f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _as_text(value: Val) -> Val:
    if value is None:
        raise EvaluationError("an argument is null")
    return convert(value, STRING)


def _by_character(change: Callable[[str], str]) -> Callable[[Val], Val]:
    """A function that treats every character alone: the literal parts of a text are changed, the rest stays open."""

    def run(value: Val) -> Val:
        value = _as_text(value)
        if isinstance(value, str):
            return change(value)
        if isinstance(value, Text):
            return text([change(part) if isinstance(part, str) else derived(part) for part in value.parts])
        return derived(value)

    return run


def _upper(value: str) -> str:
    # Go maps rune by rune: no “SS” for “ß”.
    return value.upper() if value.isascii() else "".join(c.upper() if len(c.upper()) == 1 else c for c in value)


def _lower(value: str) -> str:
    return value.lower() if value.isascii() else "".join(c.lower() if len(c.lower()) == 1 else c for c in value)


def _title(value: str) -> str:
    out: list[str] = []
    before = " "
    for char in value:
        starts = not (before.isalnum() or before == "_" or before == "'") if before.isascii() else before.isspace()
        if before == "'":
            starts = True
        out.append(char.title() if starts and len(char.title()) == 1 else char)
        before = char
    return "".join(out)


def _join(separator: Val, *lists: Val) -> Val:
    separator = _as_text(separator)
    parts: list[Val] = []
    for each in lists:
        if each is None:
            raise EvaluationError("an argument is null")
        if isinstance(each, SPECIAL) and not isinstance(each, Tail):
            # Where its elements stand among the others is not known.
            _part(parts, separator, derived(each))
            continue
        elements = each.items if isinstance(each, Tail) else each
        if not isinstance(each, (list, Tail)):
            raise EvaluationError(f"list of strings required, but this is {describe(each)}")
        for element in elements:
            if element is None:
                raise EvaluationError("an element is null")
            _part(parts, separator, convert(element, STRING))
        if isinstance(each, Tail):
            _part(parts, "", Unknown(each.reason, depends=derived(each).depends))
    for part in parts:
        if not isinstance(part, (str, Text, Unknown)):
            return derived(*lists)
    return text(parts)


def _part(parts: list[Val], separator: Val, part: Val) -> None:
    if parts:
        parts.append(separator)
    parts.append(part)


def _split(separator: Val, value: Val) -> Val:
    separator, value = _as_text(separator), _as_text(value)
    if isinstance(separator, SPECIAL) or isinstance(value, SPECIAL):
        return derived(separator, value)
    if not separator:
        return TfList(list(value), STRING)
    return TfList(value.split(separator), STRING)


def _starts_with(value: Val, prefix: Val) -> Val:
    value, prefix = _as_text(value), _as_text(prefix)
    if isinstance(prefix, SPECIAL):
        return derived(value, prefix)
    if isinstance(value, str):
        return value.startswith(prefix)
    start = _known_start(value)
    if len(start) >= len(prefix) or not prefix.startswith(start):
        return start.startswith(prefix)
    return derived(value)


def _ends_with(value: Val, suffix: Val) -> Val:
    value, suffix = _as_text(value), _as_text(suffix)
    if isinstance(suffix, SPECIAL):
        return derived(value, suffix)
    if isinstance(value, str):
        return value.endswith(suffix)
    end = value.parts[-1] if isinstance(value, Text) and isinstance(value.parts[-1], str) else ""
    if len(end) >= len(suffix) or not suffix.endswith(end):
        return end.endswith(suffix)
    return derived(value)


def _contains(value: Val, wanted: Val) -> Val:
    value, wanted = _as_text(value), _as_text(wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return wanted in value
    literal = [part for part in value.parts if isinstance(part, str)] if isinstance(value, Text) else []
    if isinstance(wanted, str) and any(wanted in part for part in literal):
        return True
    return derived(value, wanted)


def _known_start(value: Val) -> str:
    if isinstance(value, Text):
        first = value.parts[0]
        return first if isinstance(first, str) else first.prefix
    return value.prefix if isinstance(value, Unknown) else ""


def _trim_prefix(value: Val, prefix: Val) -> Val:
    value, prefix = _as_text(value), _as_text(prefix)
    if isinstance(value, str) and isinstance(prefix, str):
        return value.removeprefix(prefix)
    if isinstance(value, Text) and isinstance(prefix, str):
        start = _known_start(value)
        if start.startswith(prefix) and isinstance(value.parts[0], str):
            return text([start[len(prefix) :], *value.parts[1:]])
        if not prefix.startswith(start):
            return value
    return derived(value, prefix)


def _trim_suffix(value: Val, suffix: Val) -> Val:
    value, suffix = _as_text(value), _as_text(suffix)
    if isinstance(value, str) and isinstance(suffix, str):
        return value.removesuffix(suffix)
    if isinstance(value, Text) and isinstance(suffix, str):
        end = value.parts[-1]
        if isinstance(end, str) and end.endswith(suffix):
            return text([*value.parts[:-1], end[: len(end) - len(suffix)]])
        if isinstance(end, str) and not suffix.endswith(end):
            return value
    return derived(value, suffix)


def _substr(value: Val, offset: Val, length: Val) -> Val:
    value = _as_text(value)
    if isinstance(offset, SPECIAL) or isinstance(length, SPECIAL):
        return derived(value, offset, length)
    start, count = to_number(offset), to_number(length)
    start, count = machine_int(start), machine_int(count)
    if isinstance(value, SPECIAL):
        known = _known_start(value)
        if known.isascii() and start >= 0 and count >= 0 and start + count <= len(known):
            return known[start : start + count]
        return derived(value)
    characters = graphemes(value)
    if start < 0:
        start = max(0, start + len(characters))
        if count == 0:
            # Terraform asks for a length of nothing only where it counts from the beginning.
            count = -1
    return "".join(characters[start:] if count < 0 else characters[start : start + count])


def _indent(spaces: int, value: str) -> str:
    if spaces < 0:
        raise EvaluationError("an indentation of fewer than no spaces")
    if spaces > 10_000:
        raise EvaluationError("an indentation of more than 10000 spaces")
    return value.replace("\n", "\n" + " " * spaces)


def _chomp(value: str) -> str:
    return value.rstrip("\r\n")


def _trim(value: str, characters: str) -> str:
    return value.strip(characters) if characters else value


def _trim_space(value: Val) -> Val:
    value = _as_text(value)
    if isinstance(value, str):
        from soc2gate.declared.terraform.hcl_templates import SPACES

        return value.strip(SPACES)
    if isinstance(value, Text):
        first, last = value.parts[0], value.parts[-1]
        if isinstance(first, str) and first.strip() and isinstance(last, str) and last.strip():
            return text([first.lstrip(), *value.parts[1:-1], last.rstrip()])
    return derived(value)


def _replace(value: Val, wanted: Val, by: Val) -> Val:
    value, wanted, by = _as_text(value), _as_text(wanted), _as_text(by)
    if isinstance(value, str) and isinstance(wanted, str) and isinstance(by, str):
        return _replaced(value, wanted, by)
    if not isinstance(value, (str, Text)) or not isinstance(wanted, str) or not isinstance(by, (str, Text, Unknown)):
        return derived(value, wanted, by)
    pattern = len(wanted) > 1 and wanted[0] == wanted[-1] == "/"
    if pattern or not wanted or _straddles(value, wanted):
        return derived(value, wanted, by)
    return text(_replaced_in_parts(value, wanted, by))


# What people put into a text to be replaced later. Nothing that AWS names or takes for a name looks like one, so that
# what is not known holds none.
_PLACEHOLDER = re.compile(r"_[A-Z][A-Z0-9_]*_|\{\{.*\}\}|<[^<>]+>|%[^%]+%|\$\{[^}]*\}|@@.+@@")


def _replaced_in_parts(value: str | Text, wanted: str, by: str | Text | Unknown) -> Iterator[str | Text | Unknown]:
    holds_none = _PLACEHOLDER.fullmatch(wanted) is not None
    for part in value.parts if isinstance(value, Text) else (value,):
        if isinstance(part, str):
            first, *rest = part.split(wanted)
            yield first
            for piece in rest:
                yield by
                yield piece
        else:
            # Structure that text cannot spell may hold it anywhere inside.
            structure = isinstance(part, Held) and not isinstance(part.value, Unknown)
            yield part if holds_none and not structure else derived(part)


def _straddles(value: str | Text, wanted: str) -> bool:
    """Whether a match may begin in what is known and end in what is not, or the other way round."""
    parts = value.parts if isinstance(value, Text) else (value,)
    for here, following in pairwise(parts):
        if isinstance(here, str) and any(here.endswith(wanted[:n]) for n in range(1, len(wanted))):
            return True
        if isinstance(following, str) and any(following.startswith(wanted[-n:]) for n in range(1, len(wanted))):
            return True
    return False


def _replaced(value: str, wanted: str, by: str) -> str:
    if len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
        return regexes.replace(value, wanted[1:-1], by)
    if not wanted and len(value) * len(by) > _MOST_CHARACTERS:
        raise EvaluationError("the result is too long")
    return value.replace(wanted, by)


def _reverse(value: str) -> str:
    return "".join(reversed(graphemes(value)))


TABLE: Mapping[str, Function] = {
    "upper": Function(_by_character(_upper), "v", vague=True),
    "lower": Function(_by_character(_lower), "v", vague=True),
    "title": Function(_title, "s"),
    "join": Function(_join, "vv*", vague=True),
    "split": Function(_split, "vv", vague=True),
    "startswith": Function(_starts_with, "vv", vague=True),
    "endswith": Function(_ends_with, "vv", vague=True),
    "strcontains": Function(_contains, "vv", vague=True),
    "trimprefix": Function(_trim_prefix, "vv", vague=True),
    "trimsuffix": Function(_trim_suffix, "vv", vague=True),
    "trimspace": Function(_trim_space, "v", vague=True),
    "trim": Function(_trim, "ss"),
    "chomp": Function(_chomp, "s"),
    "indent": Function(_indent, "is"),
    "substr": Function(_substr, "vvv", vague=True),
    "replace": Function(_replace, "vvv", vague=True),
    "strrev": Function(_reverse, "s"),
    "regex": Function(regexes.first, "ss"),
    "regexall": Function(regexes.every, "ss"),
}
