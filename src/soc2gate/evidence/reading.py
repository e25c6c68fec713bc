"""Many records read at once: a year of them is some gigabytes of signatures, digests and JSON.

Each process checks and reads a run of records; the chain between them is the caller's to check, in order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from soc2gate.evidence.envelope import TrustedKey
from soc2gate.evidence.essence import Essence
from soc2gate.evidence.ledger import Record, genuine
from soc2gate.evidence.stores import Store

WORTH_IT = 3000
"""Below so many records the processes take longer to start than they save."""
RUN = 500
"""So many go to a process at once: few enough that all processes end at about the same time."""
_AT_HAND = 8 << 20
"""Bytes: room for the copies of a record that there are while it is read."""


def essential(store: Store, keys: Sequence[TrustedKey], numbers: Sequence[int]) -> Iterator[Record]:
    """The records with these numbers, known to be signed, with what a report reads of them.

    Raises `EvidenceError` at the first that is not signed, or has another form.
    """
    workers = min(os.cpu_count() or 1, 8)
    if len(numbers) < WORTH_IT or workers < 2:
        yield from genuine(store, keys, numbers, Essence())
        return
    runs = [numbers[first : first + RUN] for first in range(0, len(numbers), RUN)]
    # Not forked: a program that has threads, as boto3's users have, cannot be forked safely.
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (store, list(keys))) as pool:
        for records in pool.map(_run, runs):
            yield from records


def _begin(store: Store, keys: list[TrustedKey]) -> None:
    global _task
    _task = (store, keys, Essence())
    # A record's memory would be given back to the system with each, and be asked for, and emptied, with the next:
    # a sixth of the reading. GNU's allocator keeps twice the largest piece at hand that it was ever given back.
    bytes(_AT_HAND)


def _run(numbers: Sequence[int]) -> list[Record]:
    assert _task is not None
    store, keys, parse = _task
    return list(genuine(store, keys, numbers, parse))


_task: tuple[Store, list[TrustedKey], Essence] | None = None
"""What this process works on, given once when it starts: its memory of parts lasts over all its runs."""
