"""Functions over points in time. What needs the time of the run is unknown and not here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.values import EvaluationError

if TYPE_CHECKING:
    from datetime import datetime

_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$")
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _parsed(stamp: str) -> tuple[datetime, int]:
    """The time and its nanoseconds (datetime holds only microseconds)."""
    from datetime import datetime, timedelta, timezone

    match = _STAMP.match(stamp)
    if match is None:
        raise EvaluationError("the text is not a time of the form 2006-01-02T15:04:05Z")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    zone = match.group(8)
    offset = timedelta()
    if zone not in "Zz":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])) * (-1 if zone[0] == "-" else 1)
    try:
        found = datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset))
    except ValueError as error:
        raise EvaluationError(f"the time does not exist: {error}") from error
    return found, int((match.group(7) or "0")[:9].ljust(9, "0"))


def _spelled(moment: datetime) -> str:
    """Without fractions of a second, as Terraform writes a time."""
    return f"{moment.year:04d}{moment.strftime('-%m-%dT%H:%M:%S')}{_zone(moment, colon=True)}"


def _zone(moment: datetime, colon: bool) -> str:
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset is not None else 0
    if not minutes:
        return "Z"
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{sign}{hours:02d}{':' if colon else ''}{rest:02d}"


def _add(stamp: str, duration: str) -> str:
    from datetime import timedelta

    moment, nanoseconds = _parsed(stamp)
    seconds = (nanoseconds + _nanoseconds(duration)) // 10**9
    try:
        return _spelled(moment + timedelta(seconds=seconds))
    except OverflowError as error:
        raise EvaluationError("the time is out of range") from error


def _nanoseconds(duration: str) -> int:
    sign = -1 if duration.startswith("-") else 1
    digits = duration[1:] if duration[:1] in ("-", "+") else duration
    if digits == "0":
        return 0
    total = 0
    at = 0
    while at < len(digits):
        match = _DURATION.match(digits, at)
        if match is None:
            break
        whole, _, fraction = match.group(1).partition(".")
        unit = _NANOSECONDS[match.group(2)]
        total += int(whole or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        at = match.end()
    if at < len(digits) or not digits:
        raise EvaluationError(f"“{duration}” is not a duration like 1h30m")
    return sign * total


def _compare(left: str, right: str) -> int:
    a, b = _parsed(left), _parsed(right)
    return (a > b) - (a < b)


def _format(layout: str, stamp: str) -> str:
    moment, _ = _parsed(stamp)
    out: list[str] = []
    at = 0
    while at < len(layout):
        char = layout[at]
        if char == "'":
            text, at = _quoted(layout, at)
            out.append(text)
            continue
        if not char.isalpha() or not char.isascii():
            out.append(char)
            at += 1
            continue
        end = at
        while end < len(layout) and layout[end] == char:
            end += 1
        out.append(_verb(layout[at:end], moment))
        at = end
    return "".join(out)


def _quoted(layout: str, at: int) -> tuple[str, int]:
    out: list[str] = []
    at += 1
    while at < len(layout):
        if layout.startswith("''", at):
            out.append("'")
            at += 2
        elif layout[at] == "'":
            return "".join(out), at + 1
        else:
            out.append(layout[at])
            at += 1
    raise EvaluationError("a quote in the format is not closed")


def _verb(verb: str, moment: datetime) -> str:
    hour = moment.hour % 12 or 12
    answers = {
        "YYYY": f"{moment.year:04d}", "YY": f"{moment.year % 100:02d}",
        "MMMM": _MONTHS[moment.month - 1], "MMM": _MONTHS[moment.month - 1][:3],
        "MM": f"{moment.month:02d}", "M": str(moment.month),
        "DD": f"{moment.day:02d}", "D": str(moment.day),
        "EEEE": _DAYS[moment.weekday()], "EEE": _DAYS[moment.weekday()][:3],
        "hh": f"{moment.hour:02d}", "h": str(moment.hour), "HH": f"{hour:02d}", "H": str(hour),
        "AA": "AM" if moment.hour < 12 else "PM", "aa": "am" if moment.hour < 12 else "pm",
        "mm": f"{moment.minute:02d}", "m": str(moment.minute), "ss": f"{moment.second:02d}", "s": str(moment.second),
        "ZZZZZ": _zone_digits(moment, ":"), "ZZZZ": _zone_digits(moment, ""),
        "ZZZ": "UTC" if _zone(moment, colon=False) == "Z" else _zone_digits(moment, ""),
        "Z": _zone(moment, colon=True),
    }  # fmt: skip
    if verb not in answers:
        raise EvaluationError(f"the format verb “{verb}” is not supported; write text in single quotes")
    return answers[verb]


def _zone_digits(moment: datetime, colon: str) -> str:
    spelled = _zone(moment, colon=bool(colon))
    return f"+00{colon}00" if spelled == "Z" else spelled


TABLE: Mapping[str, Function] = {
    "formatdate": Function(_format, "ss"),
    "timeadd": Function(_add, "ss"),
    "timecmp": Function(_compare, "ss"),
}
