"""Progress on standard error: one line that rewrites itself, on a terminal only."""

from __future__ import annotations

import sys
import threading
import time
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


_PATIENCE = 2.0
"""Seconds: what ends sooner needs no word."""


@contextmanager
def of_steps(patience: float = _PATIENCE) -> Iterator[Callable[[str], None]]:
    """A callback for what is being done; from two seconds on a line says it, and for how long it has gone on.

    A thread of its own writes it: one step may take as long as all others together.
    """
    began = time.monotonic()
    doing = "looking for files"
    ended = threading.Event()

    def tell(what: str) -> None:
        nonlocal doing
        doing = what

    def show() -> None:
        wait = patience
        while not ended.wait(wait):
            wait = 0.2
            # Names of files are a stranger's: none of them moves the cursor.
            text = "".join(letter if letter.isprintable() else "?" for letter in doing)
            line = f"soc2gate: {text} … {time.monotonic() - began:.0f} s"
            print("\r" + line[:79].ljust(79), end="", file=sys.stderr, flush=True)

    watcher = threading.Thread(target=show, daemon=True)
    watcher.start()
    try:
        yield tell
    finally:
        ended.set()
        watcher.join()
        if time.monotonic() - began >= patience:
            print("\r" + " " * 79 + "\r", end="", file=sys.stderr, flush=True)
