"""Where two values of one property differ, after everything that is only spelling has been taken away.

The declared side leads: what code leaves unsaid is not compared (verdicts about it still are). Three answers: nothing
(equal, or consistent as far as the files decide), a *changed* difference, or an *undecided* one with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from soc2gate.facts import dataclass
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Ref, Text, Unknown, Value, Withheld, as_json
from soc2gate.patterns import regex

Resolve: TypeAlias = Callable[[Ref], frozenset[str] | None]
"""What a reference may read as in live state: the referred resource's arn, id and name; None where it is not paired."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the sides differ."""

    path: str
    declared: Value
    live: Value
    reason: str = ""
    """Why it could not be decided; empty where it was."""
    note: str = ""
    """For collections: what one side has more than the other."""
    hidden: bool = False
    """Whether it is of what is read and not kept, so that neither side may be shown."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """What the schema and the kind say is not a difference."""

    ignored: frozenset[str]
    """Paths with `[*]` for list elements (`Rules[*].Id`) that are never compared."""
    unordered: frozenset[str]
    """Paths of lists that are sets."""
    settings: frozenset[str] = frozenset()
    """Paths of lists of named settings: what live state has more of is what the service chose."""
    whole: frozenset[str] = frozenset()
    """Paths of maps in which, and in all maps below, what is left out says something too: a selector of nothing selects
    everything."""


# What names an element of a list, in the order tried: such lists are compared element by element, whatever the order.
_NAMING_KEYS = ("Key", "name", "Name", "PolicyName", "DeviceName", "Id", "IndexName", "AttributeName", "Sid")

_PLAIN = (str, bool, int)

_ID = regex(r"arn:.*|[a-z]{1,6}-[0-9a-f]{8,17}|\d+\.\d+\.\d+\.\d+(/\d+)?|[a-z]{2}(-[a-z]+)+-\d[a-z]?", re.DOTALL)
"""ARNs, resource ids (`sg-0a1b2c3d`), addresses, regions and zones."""

_OLD_POLICY = "2008-10-17"
"""The language version of a policy that names none."""

_DECIDED_BY_PEOPLE = ("var.", "param.", "data.", "import.")
"""What an unknown depends on when no deployment settles it: the person who scans can."""


def differences(
    declared: Mapping[str, Value],
    live: Mapping[str, Value],
    *,
    read: Callable[[str], bool],
    spelling: Spelling,
    resolve: Resolve,
) -> Iterator[Difference]:
    """Every difference between a declared resource's properties and a live one's.

    `read(property)` tells whether the live reader looks at that top-level property at all; what it does not look at
    is not compared.
    """
    walk = Walk(spelling, resolve)
    for name, value in declared.items():
        if name in live or read(name):
            yield from walk.value(name, name, value, live.get(name))


class Walk:
    """One descent over a pair; paths come twice, with indices for people and with `[*]` for the tables."""

    def __init__(self, spelling: Spelling, resolve: Resolve) -> None:
        self._spelling = spelling
        self._resolve = resolve

    def value(self, path: str, pattern: str, declared: Value, live: Value) -> Iterator[Difference]:
        if type(declared) is type(live) and type(declared) in _PLAIN and declared == live:
            # Most of what is compared, by far.
            return
        if pattern in self._spelling.ignored:
            return
        if self._spelling.whole and isinstance(declared, dict) and isinstance(live, dict):
            more = self._left_out(pattern, declared, live)
            if more:
                yield Difference(path, declared, live, note=_more_and_less([more], ()))
                return
        if unsaid(declared):
            return
        if isinstance(live, Unknown):
            if live.withheld is not None:
                yield from self._withheld(path, declared, live, live.withheld)
            elif not _computed(declared):
                yield Difference(path, declared, live, live.reason)
            return
        if isinstance(live, Alternatives):
            # A source that tells less than the API leaves it open which of them runs.
            if all(any(True for _ in self.value(path, pattern, declared, option)) for option in live.options):
                yield Difference(path, declared, live)
            else:
                yield Difference(path, declared, live, live.reason)
        elif isinstance(declared, dict):
            yield from self._map(path, pattern, declared, live)
        elif isinstance(declared, list):
            yield from self._list(path, pattern, declared, live)
        elif isinstance(declared, OpenList):
            yield from self._open_list(path, pattern, declared, live)
        elif isinstance(declared, OpenMap):
            yield from self._map(path, pattern, dict(declared.items), live)
        elif isinstance(declared, Unknown):
            yield from self._unknown(path, declared, live)
        elif isinstance(declared, Text):
            if not isinstance(live, str) or not self._text_matches(declared, live):
                yield Difference(path, declared, live)
        elif isinstance(declared, Alternatives):
            yield from self._one_of(path, pattern, declared, live)
        elif not _same_scalar(declared, live):
            yield Difference(path, declared, live)

    def _left_out(self, pattern: str, declared: dict[str, Value], live: dict[str, Value]) -> dict[str, Value]:
        """What live state has more of a map that is whole."""
        whole = self._spelling.whole
        if not any(pattern == path or pattern.startswith(f"{path}.") for path in whole):
            return {}
        return {
            key: value
            for key, value in live.items()
            if declared.get(key) is None and (says_something(value) or (value == {} and f"{pattern}.{key}" in whole))
        }

    def _element(self, path: str, pattern: str, declared: Value, live: Value) -> Iterator[Difference]:
        """An element of a list is said even where it is empty: "" is the core group in a role's rules."""
        if declared == "" and isinstance(live, str) and live:
            yield Difference(path, declared, live)
        else:
            yield from self.value(path, pattern, declared, live)

    def _withheld(self, path: str, declared: Value, live: Unknown, kept: Withheld) -> Iterator[Difference]:
        """What was read and not kept compares by its digest, or not at all; code's own word for it is not repeated."""
        # Imported here: most resources have nothing of this sort.
        from soc2gate.kinds.withheld import HIDDEN, differs

        found = differs(declared, kept, self._resolve, path)
        if isinstance(found, str):
            if not _computed(declared):
                yield Difference(path, HIDDEN, live, found, hidden=True)
        elif found:
            yield Difference(path, HIDDEN, live, hidden=True)

    def _one_of(self, path: str, pattern: str, declared: Alternatives, live: Value) -> Iterator[Difference]:
        """It was deployed as one of them; which one, live state tells, unless no option fits for certain."""
        found = [list(self.value(path, pattern, option, live)) for option in declared.options if option is not None]
        if not all(found) or (None in declared.options and unsaid(live)):
            return
        # Code that may leave the property unsaid, or say what is not known, does not promise anything else.
        open_end = None in declared.options or any(all(item.reason for item in option) for option in found)
        yield Difference(path, declared, live, declared.reason if open_end else "")

    def _map(self, path: str, pattern: str, declared: dict[str, Value], live: Value) -> Iterator[Difference]:
        if isinstance(live, str):
            live = _parsed(live)
        if "Statement" in declared:
            yield from self._policy(path, declared, live)
            return
        if not isinstance(live, dict):
            if says_something(declared):
                yield Difference(path, declared, None if unsaid(live) else live)
            return
        for key, value in declared.items():
            yield from self.value(f"{path}.{key}", f"{pattern}.{key}", value, live.get(key))

    def _policy(self, path: str, declared: dict[str, Value], live: Value) -> Iterator[Difference]:
        """Policies differ as a whole: statements have no order, and lists of one are scalars."""
        if not isinstance(live, dict) or not self._same_policy(declared, live):
            yield Difference(path, declared, live)

    def _same_policy(self, declared: dict[str, Value], live: dict[str, Value]) -> bool:
        if (declared.get("Version") or _OLD_POLICY) != (live.get("Version") or _OLD_POLICY):
            return False
        right = [_canonical_statement(item) for item in _listed(live.get("Statement"))]
        for ours in map(_canonical_statement, _listed(declared.get("Statement"))):
            partner = next((i for i, theirs in enumerate(right) if self._same_statement(ours, theirs)), None)
            if partner is None:
                return False
            del right[partner]
        return not right

    def _same_statement(self, ours: Value, theirs: Value) -> bool:
        """Both say the same keys: a condition that live state has on top makes another statement."""
        if not isinstance(ours, dict) or not isinstance(theirs, dict):
            return self._equal("", ours, theirs)
        if ours.keys() != theirs.keys():
            return False
        return all(
            self._same_statement(value, theirs[key]) if isinstance(value, dict) else self._same_set(value, theirs[key])
            for key, value in ours.items()
        )

    def _same_set(self, ours: Value, theirs: Value) -> bool:
        left, right = self._unmatched("", _listed(ours), _listed(theirs))
        return not left and not right

    def _list(self, path: str, pattern: str, declared: list[Value], live: Value) -> Iterator[Difference]:
        if isinstance(live, OpenList):
            yield from self._against_open_list(path, pattern, declared, live)
            return
        theirs: list[Value] = [] if unsaid(live) else live if isinstance(live, list) else [live]
        key = _naming_key(declared, theirs)
        if key is not None:
            yield from self._named(path, pattern, declared, theirs, key)
            return
        unordered = pattern in self._spelling.unordered or all(_is_id(item) for item in [*declared, *theirs])
        if not unordered and len(declared) == len(theirs):
            for index, (ours, other) in enumerate(zip(declared, theirs, strict=True)):
                yield from self._element(f"{path}[{index}]", f"{pattern}[*]", ours, other)
            return
        left, right = self._unmatched(f"{pattern}[*]", declared, theirs)
        if len(left) == 1 and len(right) == 1 and len(declared) == 1:
            yield from self._element(f"{path}[0]", f"{pattern}[*]", left[0], right[0])
        elif left or right:
            reason = self._undecided_pairs(f"{pattern}[*]", left, right)
            yield Difference(path, declared, theirs, reason, "" if reason else _more_and_less(right, left))

    def _against_open_list(
        self, path: str, pattern: str, declared: list[Value], live: OpenList
    ) -> Iterator[Difference]:
        """A live list of which more may exist than was seen: only what was seen, and code does not say, is certain."""
        _, right = self._unmatched(f"{pattern}[*]", declared, live.items)
        if right:
            yield Difference(path, declared, live, note=_more_and_less(right, ()))
        else:
            yield Difference(path, declared, live, live.reason)

    def _named(
        self, path: str, pattern: str, declared: list[Value], live: list[Value], key: str
    ) -> Iterator[Difference]:
        theirs = {_name(item, key): item for item in live}
        extra = [name for name in theirs if name not in {_name(item, key) for item in declared}]
        if pattern in self._spelling.settings:
            extra = []
        lost = [item for item in declared if _name(item, key) not in theirs]
        if extra or lost:
            yield Difference(path, declared, live, note=_more_and_less([theirs[name] for name in extra], lost))
            return
        for index, item in enumerate(declared):
            yield from self.value(f"{path}[{index}]", f"{pattern}[*]", item, theirs[_name(item, key)])

    def _open_list(self, path: str, pattern: str, declared: OpenList, live: Value) -> Iterator[Difference]:
        theirs: list[Value] = live if isinstance(live, list) else []
        left, right = self._unmatched(f"{pattern}[*]", list(declared.items), theirs)
        if left or any(not any(self._equal(f"{pattern}[*]", form, item) for form in declared.more) for item in right):
            yield Difference(path, declared, live)
        elif right:
            yield Difference(path, declared, live, declared.reason)

    def _unmatched(
        self, pattern: str, declared: Sequence[Value], live: Sequence[Value]
    ) -> tuple[list[Value], list[Value]]:
        """Elements without a partner; a declared element pairs with a live one that has all it says."""
        right = list(live)
        left = []
        for item in declared:
            if isinstance(item, dict) and item in right and all(type(value) in _PLAIN for value in item.values()):
                right.remove(item)
                continue
            partner = next((i for i, other in enumerate(right) if self._equal(pattern, item, other)), None)
            if partner is None:
                left.append(item)
            else:
                del right[partner]
        return left, right

    def partners(self, pattern: str, declared: Sequence[Value], live: Sequence[Value]) -> list[tuple[int, int]]:
        """Indices of the elements on both sides that are the same: by name, by place in a list that has an order, or
        a live one that has all that the declared one says."""
        key = _naming_key(declared, live)
        if key is not None:
            named = {_name(item, key): index for index, item in enumerate(live)}
            return [(i, named[name]) for i, item in enumerate(declared) if (name := _name(item, key)) in named]
        if pattern not in self._spelling.unordered and len(declared) == len(live):
            return [(index, index) for index in range(len(declared))]
        found: dict[int, int] = {}
        for index, item in enumerate(declared):
            for other, candidate in enumerate(live):
                if other not in found and self._equal(f"{pattern}[*]", item, candidate):
                    found[other] = index
                    break
        return sorted((index, other) for other, index in found.items())

    def _undecided_pairs(self, pattern: str, declared: Sequence[Value], live: Sequence[Value]) -> str:
        """Why the rest may still be equal: each element has a partner that only the unknown keeps apart. Else empty."""
        rest, reason = list(live), ""
        for item in declared:
            for index, other in enumerate(rest):
                found = list(self._element(pattern, pattern, item, other))
                if all(difference.reason for difference in found):
                    reason = reason or next((difference.reason for difference in found), "")
                    del rest[index]
                    break
            else:
                return ""
        return "" if rest else reason

    def _equal(self, pattern: str, declared: Value, live: Value) -> bool:
        return not any(True for _ in self._element(pattern, pattern, declared, live))

    def _unknown(self, path: str, declared: Unknown, live: Value) -> Iterator[Difference]:
        if declared.ref is not None:
            spellings = self._resolve(declared.ref)
            if spellings is not None:
                if not (isinstance(live, str) and live in spellings):
                    yield Difference(path, declared, live)
                return
        if not _computed(declared):
            yield Difference(path, declared, live, declared.reason)

    def _text_matches(self, text: Text, live: str) -> bool:
        pattern = ""
        for part in text.parts:
            if isinstance(part, str):
                pattern += re.escape(part)
                continue
            spellings = self._resolve(part.ref) if part.ref else None
            pattern += "(?:" + "|".join(map(re.escape, sorted(spellings))) + ")" if spellings else ".*"
        return re.fullmatch(pattern, live, re.DOTALL) is not None


def _more_and_less(extra: Sequence[Value], lost: Sequence[Value]) -> str:
    said = []
    for label, items in (("live also has", extra), ("live lacks", lost)):
        if items:
            said.append(f"{label} {json.dumps([as_json(item) for item in items], ensure_ascii=False)}")
    return "; ".join(said)


def unsaid(value: Value) -> bool:
    """Absent, as far as comparing goes. An empty list is said: `ingress = []` closes a group."""
    return value is None or value == "" or value == {}


def says_something(value: Value) -> bool:
    """Whether a map that is absent live would have made a difference: `{Enabled: false}` would not."""
    if isinstance(value, dict):
        return any(says_something(child) for child in value.values())
    return not unsaid(value) and value is not False and value != 0 and value != [] and not _computed(value)


def _computed(value: Value) -> bool:
    """Provider-chosen: known after apply, and no person can tell it beforehand."""
    return (
        isinstance(value, Unknown)
        and not any(name.startswith(_DECIDED_BY_PEOPLE) for name in value.depends)
        and (value.ref is not None or value.not_null or bool(value.depends))
    )


def _same_scalar(declared: Value, live: Value) -> bool:
    if live is None:
        # Absence reads as the empty value of the type.
        return declared is False or declared == 0
    if declared == live and isinstance(declared, bool) == isinstance(live, bool):
        return True
    return _canonical(declared) == _canonical(live)


def _canonical(value: Value) -> Value:
    """Scalars in one spelling: `"22"` is 22, `"true"` is true."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, str):
        return value.lower() if value in ("True", "False", "TRUE", "FALSE") else value
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    return value


def _parsed(text: str) -> Value:
    try:
        parsed: Value = json.loads(text)
    except ValueError:
        return text
    return parsed


def _canonical_statement(statement: Value) -> Value:
    """A statement without what has no meaning, principals spelled one way (IAM User Guide, policy grammar)."""
    if not isinstance(statement, dict):
        return statement
    # Ids name statements for people; consoles and providers fill them in and drop them.
    out = {key: value for key, value in statement.items() if key != "Sid"}
    for key in ("Principal", "NotPrincipal"):
        who = out.get(key)
        if isinstance(who, dict):
            out[key] = {kind: _account_roots(named) for kind, named in who.items()}
    if isinstance(out.get("Condition"), dict):
        out["Condition"] = _canonical(out["Condition"])
    return out


def _account_roots(who: Value) -> Value:
    """`123456789012` and `arn:aws:iam::123456789012:root` name the same principal."""
    if isinstance(who, list):
        return [_account_roots(item) for item in who]
    if isinstance(who, str) and re.fullmatch(r"\d{12}", who):
        return f"arn:aws:iam::{who}:root"
    return who


def _listed(value: Value) -> list[Value]:
    """In policies a scalar and a list of one are the same."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _is_id(value: Value) -> bool:
    """What AWS names things by: such lists are sets even where the schema does not say so."""
    if isinstance(value, Unknown | Text):
        return True
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _naming_key(declared: Sequence[Value], live: Sequence[Value]) -> str | None:
    elements = [*declared, *live]
    if not declared or not all(isinstance(item, dict) for item in elements):
        return None
    for key in _NAMING_KEYS:
        names = [[_name(item, key) for item in side] for side in (declared, live)]
        if all(all(side) and len(set(side)) == len(side) for side in names):
            return key
    return None


def _name(item: Value, key: str) -> str:
    found = item.get(key) if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""
