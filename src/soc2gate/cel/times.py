"""How far a time is from the time of the run, which comes from outside: two runs over one snapshot agree."""

from __future__ import annotations

from soc2gate.cel.operations import unknown_of
from soc2gate.model.value import Unknown, Value

_DAY = 86_400


def _seconds(value: Value) -> float | Unknown:
    """Seconds since the epoch of an ISO 8601 text; a time without a zone is UTC."""
    # Imported here: few rules ask about time.
    from datetime import UTC, datetime

    blocked = unknown_of(value)
    if blocked is not None:
        return blocked
    if value is None or value == "":
        return Unknown("no time is given")
    if not isinstance(value, str):
        return Unknown(f"not a time: {value}")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return Unknown(f"not a time: “{value}”")
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def days_until(now: str, value: Value) -> int | Unknown:
    """Whole days from `now` to the time in `value`, rounded down."""
    then, today = _seconds(value), _seconds(now)
    if isinstance(then, Unknown):
        return then
    if isinstance(today, Unknown):
        return Unknown("the time of the run is not given")
    return int((then - today) // _DAY)


def days_since(now: str, value: Value) -> int | Unknown:
    """Whole days from the time in `value` to `now`, rounded down."""
    then, today = _seconds(value), _seconds(now)
    if isinstance(then, Unknown):
        return then
    if isinstance(today, Unknown):
        return Unknown("the time of the run is not given")
    return int((today - then) // _DAY)
