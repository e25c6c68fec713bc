"""Lines of HCL as `terraform fmt` would have them, and as people write them: no comma after what stands on a line of
its own in a map, a list of one on one line.

It takes what python-hcl2 writes: texts on one line each, a line for every element.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WIDTH = 100
"""A list of one that would be wider stands on lines of its own."""
_ASSIGNED = re.compile(r'( *(?:[\w-]+|"(?:[^"\\]|\\.)*")) += (.*)')


def formatted(lines: Sequence[str]) -> list[str]:
    """The same lines, each where `terraform fmt` leaves it."""
    return _aligned(_joined(_without_commas(lines)))


def _without_commas(lines: Sequence[str]) -> list[str]:
    """A comma after every element of a list, and after none of a map."""
    out: list[str] = []
    inside: list[str] = []
    for line in lines:
        bare = line.removesuffix(",")
        if bare.strip().startswith(("}", "]")):
            inside.pop()
        opens = bare[-1:] if bare.endswith(("{", "[")) else ""
        of_a_list = not opens and inside[-1:] == ["["]
        out.append(f"{bare}," if of_a_list else bare)
        if opens:
            inside.append(opens)
    return out


def _joined(lines: Sequence[str]) -> list[str]:
    """A list of one plain element on one line."""
    out: list[str] = []
    for line in lines:
        if (
            line.strip() in ("]", "],")
            and len(out) > 1
            and out[-2].endswith("[")
            and not out[-1].endswith(("},", "],"))
        ):
            one = f"{out[-2]}{out[-1].strip().removesuffix(',')}{line.strip()}"
            if len(one) <= _WIDTH:
                out[-2:] = [one]
                continue
        out.append(line)
    return out


def _aligned(lines: Sequence[str]) -> list[str]:
    """The equals signs of neighbours under each other; what goes on in the next line is nobody's neighbour."""
    out: list[str] = []
    chain: list[tuple[str, str]] = []

    def close() -> None:
        width = max((len(name) for name, _ in chain), default=0)
        out.extend(f"{name:<{width}} = {value}" for name, value in chain)
        chain.clear()

    for line in lines:
        found = _ASSIGNED.fullmatch(line)
        if found is not None and not found[2].endswith(("{", "[", "(")):
            chain.append((found[1], found[2]))
            continue
        close()
        out.append(f"{found[1]} = {found[2]}" if found is not None else line)
    close()
    return out
