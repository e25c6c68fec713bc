"""Everything that can go wrong on purpose, and the exit code each ends in.

    Soc2gateError
    ├── UsageError            asked wrongly: an unknown rule id, nothing to scan, a missing extra      → exit 2
    │   └── ConfigError       soc2gate.yaml, a rule, a mapping or a pack is wrong; carries a place     → exit 2
    ├── InputError            a file to be judged cannot be read: broken HCL, a YAML bomb, a bad plan;
    │   │                     readers turn it into a *broken* `Problem` and go on with the other files
    │   └── RefusedError      a file asks for something outside the root, or beyond a limit
    ├── CollectError          a live side cannot be reached at all: no credentials, no cluster
    └── EvidenceError         a record, key or ledger is not what it claims to be                       → exit 1

An error knows where it happened, what stood there, and what to do next.
"""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """What the command leaves with; design of the gate: 1 closed, 3 not enough evidence."""

    OK = 0
    CLOSED = 1
    USAGE = 2
    INCOMPLETE = 3
    BUG = 4


class Soc2gateError(Exception):
    """The root of the tree: a message, an optional place, an optional hint."""

    exit = Exit.USAGE

    def __init__(
        self, message: str, *, path: str | None = None, line: int = 0, column: int = 0, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        place = ""
        if self.path is not None:
            place = self.path
            if self.line:
                place += f":{self.line}"
                if self.column:
                    place += f":{self.column}"
            place += ": "
        return f"{place}{self.message}" + (f"\n  {self.hint}" if self.hint else "")


class UsageError(Soc2gateError):
    """The person asked for something that cannot be; the message says what to ask instead."""


class ConfigError(UsageError):
    """A configuration, rule, mapping or pack file is wrong; all such errors of one load are gathered."""

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int = 0,
        column: int = 0,
        hint: str = "",
        others: tuple[ConfigError, ...] = (),
    ) -> None:
        super().__init__(message, path=path, line=line, column=column, hint=hint)
        self.others = others

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(str(other) for other in self.others)])

    @classmethod
    def gather(cls, errors: list[ConfigError]) -> ConfigError:
        """One error that prints all of them, in the order found."""
        first, *rest = errors
        return cls(
            first.message,
            path=first.path,
            line=first.line,
            column=first.column,
            hint=first.hint,
            others=(*first.others, *rest),
        )


class InputError(Soc2gateError):
    """A file to be judged cannot be read as what it claims to be."""

    exit = Exit.INCOMPLETE


class RefusedError(InputError):
    """A file asks for something we do not do: leave the root, run code, grow beyond a limit."""


class CollectError(Soc2gateError):
    """A live side cannot be reached at all."""

    exit = Exit.INCOMPLETE


class EvidenceError(Soc2gateError):
    """An evaluation record, its signature, or the ledger that holds it is not what it claims to be."""

    exit = Exit.CLOSED
