"""Progress on standard error: one line that rewrites itself, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soc2gate.live.progress import Progress


@contextmanager
def shown() -> Iterator[Callable[[Progress], None] | None]:
    """A callback that shows each step, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell(step: Progress) -> None:
        place = f"{step.account} {step.region}".strip()
        filled = 20 * step.done // max(step.total, 1)
        bar = "█" * filled + "·" * (20 - filled)
        text = f"\r{bar} {step.done}/{step.total}  {step.resources} resources  {place}  {step.kind}"
        print(text[:118].ljust(118), end="", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        print("\r" + " " * 118 + "\r", end="", file=sys.stderr, flush=True)
