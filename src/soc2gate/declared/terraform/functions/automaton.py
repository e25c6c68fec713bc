"""Go's regular expressions (RE2 syntax), matched in time that grows with pattern times text and no faster.

Python's engine is quicker and does for most patterns; a hostile one can keep it busy for ever. This one walks the
pattern's instructions like a backtracking engine does, leftmost first, but never twice from one instruction at one
position. https://swtch.com/~rsc/regexp/regexp3.html (the “bit-state” matcher)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from soc2gate.declared.terraform.values import EvaluationError, UnsupportedError
from soc2gate.facts import dataclass, field

_MOST_INSTRUCTIONS = 20_000
_MOST_STATES = 20_000_000
_MOST_REPEATS = 1000
_DEEPEST = 100
POSIX: dict[str, tuple[tuple[str, str], ...]] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": (("0", "9"),),
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "word": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")),
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}
_PERL = {
    "d": (("0", "9"),),
    "s": (("\t", "\n"), ("\f", "\r"), (" ", " ")),
    "w": POSIX["word"],
}
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}


class CharacterSet:
    """Which characters one step of a pattern takes."""

    __slots__ = ("_known", "categories", "fold", "negated", "ranges")

    def __init__(self, fold: bool) -> None:
        self.ranges: list[tuple[str, str]] = []
        self.categories: list[tuple[str, bool]] = []
        """Unicode categories (`L`, `Lu`), each perhaps negated."""
        self.negated = False
        self.fold = fold
        self._known: dict[str, bool] = {}

    def takes(self, char: str) -> bool:
        found = self._known.get(char)
        if found is None:
            forms = {char, char.lower(), char.upper()} if self.fold else {char}
            inside = any(low <= form <= high for form in forms if len(form) == 1 for low, high in self.ranges)
            category = unicodedata.category(char)
            inside = inside or any(category.startswith(name) is not no for name, no in self.categories)
            found = self._known[char] = inside is not self.negated
        return found


# One instruction: what it does, on what, and the one or two instructions that may follow.
_Instruction = tuple[str, object, int, int]


@dataclass(slots=True)
class _Flags:
    fold: bool = False
    multiline: bool = False
    dot_all: bool = False
    ungreedy: bool = False

    def copy(self) -> _Flags:
        return _Flags(self.fold, self.multiline, self.dot_all, self.ungreedy)


@dataclass(slots=True)
class _Piece:
    """Part of a pattern: writes its instructions, each time it is asked."""

    emit: Callable[[list[_Instruction]], None]


@dataclass(slots=True)
class Program:
    """A compiled pattern."""

    instructions: list[_Instruction]
    groups: int
    names: dict[str, int] = field(default_factory=dict)

    def search(self, text: str, start: int) -> list[int] | None:
        """Start and end of the leftmost match at or after `start` and of its groups (-1 for those without)."""
        size = len(text) + 1
        if len(self.instructions) * size > _MOST_STATES:
            raise UnsupportedError("the text is too long for this pattern")
        visited = bytearray(len(self.instructions) * size)
        for at in range(start, size):
            found = self._match_at(text, at, visited, size)
            if found is not None:
                return found
        return None

    def _match_at(self, text: str, start: int, visited: bytearray, size: int) -> list[int] | None:
        captured = [-1] * (2 * self.groups + 2)
        captured[0] = start
        stack: list[tuple[int, int, int]] = [(0, start, -1)]
        while stack:
            at, position, slot = stack.pop()
            if slot >= 0:
                captured[slot] = position
                continue
            while True:
                state = at * size + position
                if visited[state]:
                    break
                visited[state] = 1
                kind, what, following, other = self.instructions[at]
                if kind == "take":
                    assert isinstance(what, CharacterSet)
                    if position >= size - 1 or not what.takes(text[position]):
                        break
                    position += 1
                elif kind == "split":
                    stack.append((other, position, -1))
                elif kind == "save":
                    assert isinstance(what, int)
                    stack.append((0, captured[what], what))
                    captured[what] = position
                elif kind == "match":
                    captured[1] = position
                    return captured
                elif kind == "check" and not _holds(str(what), text, position):
                    break
                at = following
        return None


def _holds(what: str, text: str, at: int) -> bool:
    if what == "^":
        return at == 0
    if what == "$":
        return at == len(text)
    if what == "m^":
        return at == 0 or text[at - 1] == "\n"
    if what == "m$":
        return at == len(text) or text[at] == "\n"
    before = at > 0 and _is_word(text[at - 1])
    after = at < len(text) and _is_word(text[at])
    return (before is not after) is (what == "b")


def _is_word(char: str) -> bool:
    return char == "_" or (char.isascii() and char.isalnum())


def compile_pattern(pattern: str) -> Program:
    """The program of a pattern; EvaluationError when Go would refuse it, UnsupportedError when only we do."""
    parser = _Parser(pattern)
    piece = parser.alternatives(_Flags(), 0)
    if parser.at < len(pattern):
        raise EvaluationError("the pattern closes a group that it does not open")
    instructions: list[_Instruction] = []
    piece.emit(instructions)
    instructions.append(("match", None, 0, 0))
    return Program(instructions, parser.groups, parser.names)


def _add(instructions: list[_Instruction], kind: str, what: object = None) -> int:
    at = len(instructions)
    if at >= _MOST_INSTRUCTIONS:
        raise EvaluationError("the pattern is too big")
    instructions.append((kind, what, at + 1, 0))
    return at


def _single(kind: str, what: object = None) -> _Piece:
    def emit(instructions: list[_Instruction]) -> None:
        _add(instructions, kind, what)

    return _Piece(emit)


def _sequence(pieces: list[_Piece]) -> _Piece:
    def emit(instructions: list[_Instruction]) -> None:
        for piece in pieces:
            piece.emit(instructions)

    return _Piece(emit)


def _choice(pieces: list[_Piece]) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]

    def emit(instructions: list[_Instruction]) -> None:
        ends: list[int] = []
        for piece in pieces[:-1]:
            split = _add(instructions, "split")
            piece.emit(instructions)
            ends.append(_add(instructions, "jump"))
            instructions[split] = ("split", None, split + 1, len(instructions))
        pieces[-1].emit(instructions)
        for end in ends:
            instructions[end] = ("jump", None, len(instructions), 0)

    return _Piece(emit)


def _repeated(piece: _Piece, least: int, most: int | None, greedy: bool) -> _Piece:
    def fork(instructions: list[_Instruction], at: int, out: int) -> None:
        instructions[at] = ("split", None, at + 1, out) if greedy else ("split", None, out, at + 1)

    def emit(instructions: list[_Instruction]) -> None:
        for _ in range(least):
            piece.emit(instructions)
        if most is None:
            split = _add(instructions, "split")
            piece.emit(instructions)
            back = _add(instructions, "jump")
            instructions[back] = ("jump", None, split, 0)
            fork(instructions, split, len(instructions))
            return
        splits: list[int] = []
        for _ in range(most - least):
            splits.append(_add(instructions, "split"))
            piece.emit(instructions)
        for split in splits:
            fork(instructions, split, len(instructions))

    return _Piece(emit)


class _Parser:
    """RE2's syntax."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0
        self.names: dict[str, int] = {}

    def alternatives(self, flags: _Flags, depth: int) -> _Piece:
        """Everything up to the end or a closing parenthesis; flags set in here end with it."""
        if depth > _DEEPEST:
            raise EvaluationError(f"the pattern nests deeper than {_DEEPEST} levels")
        branches: list[_Piece] = []
        pieces: list[_Piece] = []
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self.pattern[self.at] == "|":
                self.at += 1
                branches.append(_sequence(pieces))
                pieces = []
                continue
            piece = self._item(flags, depth)
            if piece is not None:
                pieces.append(self._with_repeats(piece, flags))
        branches.append(_sequence(pieces))
        return _choice(branches)

    def _with_repeats(self, piece: _Piece, flags: _Flags) -> _Piece:
        repeats = 0
        while self.at < len(self.pattern):
            bounds = self._bounds()
            if bounds is None:
                break
            repeats += 1
            if repeats > 1:
                raise EvaluationError("the pattern repeats a repetition: “**” has no meaning")
            greedy = not flags.ungreedy
            if self.pattern.startswith("?", self.at):
                self.at += 1
                greedy = not greedy
            piece = _repeated(piece, bounds[0], bounds[1], greedy)
        return piece

    def _bounds(self) -> tuple[int, int | None] | None:
        char = self.pattern[self.at]
        if char in "*+?":
            self.at += 1
            return (1 if char == "+" else 0), (1 if char == "?" else None)
        if char != "{":
            return None
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : max(end, self.at + 1)].partition(",")
        if end < 0 or not low.isdigit() or not low.isascii() or (high and not (high.isdigit() and high.isascii())):
            return None
        least = int(low)
        most = least if not comma else int(high) if high else None
        if least > _MOST_REPEATS or (most is not None and (most > _MOST_REPEATS or most < least)):
            raise EvaluationError("the pattern has a bad count of repetitions")
        self.at = end + 1
        return least, most

    def _item(self, flags: _Flags, depth: int) -> _Piece | None:
        char = self.pattern[self.at]
        if char == "(":
            return self._group(flags, depth)
        if char == "[":
            return _single("take", self._class(flags))
        if char == "\\":
            return self._escape(flags)
        self.at += 1
        if char in "*+?":
            raise EvaluationError(f"the pattern has nothing that “{char}” could repeat")
        if char == "^":
            return _single("check", "m^" if flags.multiline else "^")
        if char == "$":
            return _single("check", "m$" if flags.multiline else "$")
        chars = CharacterSet(flags.fold)
        if char == ".":
            chars.negated = True
            if not flags.dot_all:
                chars.ranges.append(("\n", "\n"))
            return _single("take", chars)
        chars.ranges.append((char, char))
        return _single("take", chars)

    def _group(self, flags: _Flags, depth: int) -> _Piece | None:
        pattern = self.pattern
        self.at += 1
        number: int | None = None
        inner = flags.copy()
        if not pattern.startswith("?", self.at):
            self.groups += 1
            number = self.groups
        elif pattern.startswith(("?P<", "?<"), self.at):
            begin = pattern.index("<", self.at) + 1
            end = pattern.find(">", begin)
            name = pattern[begin:end]
            if name in self.names:
                raise UnsupportedError("two groups have one name")
            if end < 0 or not name.isidentifier() or not name.isascii():
                raise EvaluationError("the pattern has a bad name of a group")
            self.groups += 1
            number = self.names[name] = self.groups
            self.at = end + 1
        else:
            self.at += 1
            if self._set_flags(inner):
                flags.fold, flags.multiline = inner.fold, inner.multiline
                flags.dot_all, flags.ungreedy = inner.dot_all, inner.ungreedy
                return None
        piece = self.alternatives(inner, depth + 1)
        if not pattern.startswith(")", self.at):
            raise EvaluationError("the pattern does not close a group")
        self.at += 1
        if number is None:
            return piece
        return _sequence([_single("save", 2 * number), piece, _single("save", 2 * number + 1)])

    def _set_flags(self, flags: _Flags) -> bool:
        """Read flags up to `:` or `)`; true when they stand alone and hold for the rest of the group around them."""
        value = True
        seen = 0
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            self.at += 1
            if char in "imsU":
                seen += 1
                name = {"i": "fold", "m": "multiline", "s": "dot_all", "U": "ungreedy"}[char]
                setattr(flags, name, value)
            elif char == "-" and value:
                value = False
                seen = 0
            elif char in ":)" and (value or seen):
                return char == ")"
            else:
                break
        raise EvaluationError("the pattern has a kind of group that does not exist")

    def _escape(self, flags: _Flags) -> _Piece:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in ("A", "z", "b", "B"):
            self.at += 2
            return _single("check", {"A": "^", "z": "$"}.get(letter, letter))
        if letter == "Q":
            end = self.pattern.find("\\E", self.at)
            literal = self.pattern[self.at + 2 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            pieces = [_single("take", self._only(char, flags)) for char in literal]
            if pieces:
                # What follows repeats the last character only.
                pieces[-1] = self._with_repeats(pieces[-1], flags)
            return _sequence(pieces)
        if letter == "C":
            raise UnsupportedError("“\\C” matches bytes")
        chars = CharacterSet(flags.fold)
        self._escaped_into(chars)
        return _single("take", chars)

    def _only(self, char: str, flags: _Flags) -> CharacterSet:
        chars = CharacterSet(flags.fold)
        chars.ranges.append((char, char))
        return chars

    def _escaped_into(self, chars: CharacterSet) -> str:
        """Add what an escape stands for; answers the character when it is a single one."""
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter.lower() in _PERL and letter:
            self.at += 2
            _add_ranges(chars, _PERL[letter.lower()], letter.isupper())
            return ""
        if letter in ("p", "P"):
            self._category_into(chars)
            return ""
        char = self._escaped_character()
        chars.ranges.append((char, char))
        return char

    def _escaped_character(self) -> str:
        pattern = self.pattern
        letter = pattern[self.at + 1 : self.at + 2]
        if letter in _CONTROLS:
            self.at += 2
            return _CONTROLS[letter]
        if letter == "x":
            end = self.at + 4
            digits = pattern[self.at + 2 : end]
            if digits.startswith("{"):
                end = pattern.find("}", self.at) + 1
                digits = pattern[self.at + 3 : end - 1]
            try:
                char = chr(int(digits, 16))
            except (ValueError, OverflowError) as error:
                raise EvaluationError("the pattern has a bad “\\x”") from error
            self.at = end
            return char
        if letter and letter in "01234567":
            end = self.at + 2
            while end < self.at + 4 and pattern[end : end + 1] and pattern[end] in "01234567":
                end += 1
            if letter != "0" and end == self.at + 2:
                raise EvaluationError("the pattern refers back to a group, which Go's do not")
            char = chr(int(pattern[self.at + 1 : end], 8))
            self.at = end
            return char
        if not letter or letter.isalnum() or not letter.isascii():
            raise EvaluationError(f"the pattern has an escape “\\{letter}” that does not exist")
        self.at += 2
        return letter

    def _category_into(self, chars: CharacterSet) -> None:
        negated = self.pattern[self.at + 1] == "P"
        name = self.pattern[self.at + 2 : self.at + 3]
        end = self.at + 3
        if name == "{":
            end = self.pattern.find("}", self.at) + 1
            name = self.pattern[self.at + 3 : end - 1]
            if name.startswith("^"):
                name, negated = name[1:], not negated
        if not end or name not in _CATEGORIES:
            raise UnsupportedError(f"the character class “{name}” is not supported")
        self.at = end
        chars.categories.append((name, negated))

    def _class(self, flags: _Flags) -> CharacterSet:
        pattern = self.pattern
        chars = CharacterSet(flags.fold)
        self.at += 1
        if pattern.startswith("^", self.at):
            chars.negated = True
            self.at += 1
        first = True
        while first or not pattern.startswith("]", self.at):
            if self.at >= len(pattern):
                raise EvaluationError("the pattern does not close a class of characters")
            first = False
            if pattern.startswith("[:", self.at) and ":]" in pattern[self.at :]:
                self._posix_into(chars)
                continue
            low = self._class_character(chars)
            if low and pattern.startswith("-", self.at) and pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._class_character(chars)
                if not high or high < low:
                    raise EvaluationError("the pattern has a bad range of characters")
                chars.ranges.append((low, high))
        self.at += 1
        return chars

    def _class_character(self, chars: CharacterSet) -> str:
        """Add one character (or escape) of a class; answers it when a range could start with it."""
        if self.pattern[self.at] == "\\":
            return self._escaped_into(chars)
        char = self.pattern[self.at]
        self.at += 1
        chars.ranges.append((char, char))
        return char

    def _posix_into(self, chars: CharacterSet) -> None:
        end = self.pattern.index(":]", self.at)
        name = self.pattern[self.at + 2 : end]
        negated = name.startswith("^")
        if name.removeprefix("^") not in POSIX:
            raise EvaluationError("the pattern has a class of characters that does not exist")
        self.at = end + 2
        _add_ranges(chars, POSIX[name.removeprefix("^")], negated)


_CATEGORIES = frozenset(
    [
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cs",
        "L",
        "Ll",
        "Lm",
        "Lo",
        "Lt",
        "Lu",
        "M",
        "Mc",
        "Me",
        "Mn",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Pe",
        "Pf",
        "Pi",
        "Po",
        "Ps",
        "S",
        "Sc",
        "Sk",
        "Sm",
        "So",
        "Z",
        "Zl",
        "Zp",
        "Zs",
    ]
)


def _add_ranges(chars: CharacterSet, ranges: tuple[tuple[str, str], ...], negated: bool) -> None:
    if not negated:
        chars.ranges.extend(ranges)
        return
    at = 0
    for low, high in sorted(ranges):
        if ord(low) > at:
            chars.ranges.append((chr(at), chr(ord(low) - 1)))
        at = ord(high) + 1
    chars.ranges.append((chr(at), "\U0010ffff"))
