"""The use cases around what people bring to the ledger, and what the configuration promised at each moment of a period.

`attesting` makes records of commits; these are records of files: evidence that no program can make, and decisions.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate import expectations
from soc2gate.config import load as load_config
from soc2gate.errors import ConfigError, EvidenceError, UsageError
from soc2gate.evidence import kept, manual, origin
from soc2gate.evidence.repository import Repository
from soc2gate.expectations import Expectations, ExpectedEvidence
from soc2gate.facts import dataclass, field
from soc2gate.model.value import Json

if TYPE_CHECKING:
    from soc2gate.evidence.envelope import Signer
    from soc2gate.evidence.ledger import Ledger, Record
    from soc2gate.evidence.statement import Link


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    """A file that somebody brings, and what they say of it."""

    file: Path
    slot: str
    title: str
    controls: tuple[str, ...]
    criteria: tuple[str, ...]
    owner: str
    dated: str
    valid_until: str
    note: str
    copy: bool
    now: str
    repository: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def add_evidence(asked: EvidenceRequest, ledger: Ledger, signers: Sequence[Signer]) -> tuple[Link, bytes]:
    """Record a file in the ledger, by digest; raises `UsageError` for one that cannot be read or copied."""
    try:
        data = asked.file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {asked.file}: {error.strerror}") from None
    subject = kept.Subject(asked.file.name, hashlib.sha256(data).hexdigest())
    if asked.copy:
        manual.copy(asked.file, subject.sha256, ledger.store)
    said: dict[str, Json] = {
        "slot": asked.slot,
        "title": asked.title,
        "controls": list(asked.controls),
        "criteria": list(asked.criteria),
        "owner": asked.owner,
        "dated": asked.dated,
        "valid_until": asked.valid_until or None,
        "size": len(data),
        "place": _place(asked.file, asked.repository),
        "copied": asked.copy,
        "note": asked.note,
    }
    return ledger.append(
        _builder(kept.MANUAL_TYPE, [subject], {"evidence": said}, asked.now, asked.environment), signers
    )


def keep_review(
    review: Mapping[str, Json],
    subjects: Sequence[tuple[str, bytes]],
    now: str,
    environment: Mapping[str, str],
    ledger: Ledger,
    signers: Sequence[Signer],
) -> tuple[Link, bytes]:
    """Record a review of access, opened or decided; `subjects` are the files it is about."""
    named = [kept.Subject(name, hashlib.sha256(data).hexdigest()) for name, data in subjects]
    return ledger.append(_builder(kept.REVIEW_TYPE, named, {"review": dict(review)}, now, environment), signers)


def _builder(
    kind: str, subjects: Sequence[kept.Subject], said: Mapping[str, Json], now: str, environment: Mapping[str, str]
) -> Callable[[Link], dict[str, Json]]:
    def build(link: Link) -> dict[str, Json]:
        statement = kept.build(
            kind, subjects, said, recorded_at=now, invocation=origin.invocation(environment), link=link
        )
        # What we could not read again is never signed.
        kept.require(statement)
        return statement

    return build


def _place(file: Path, repository: Path) -> str:
    """Where the file stands in the repository; empty outside: paths of somebody's machine are nobody's business."""
    try:
        top = Repository.at(repository).top()
    except UsageError:
        # A ledger in a directory needs no repository.
        top = None
    full = file.resolve()
    return full.relative_to(top).as_posix() if top is not None and full.is_relative_to(top) else ""


@dataclass(frozen=True, slots=True)
class Promised:
    """What the configuration promised over a period: each turn from when a record said that it was in force."""

    turns: tuple[tuple[str, Expectations], ...]
    unread: tuple[str, ...] = ()
    """Configurations that were in force and could not be read."""

    @property
    def last(self) -> Expectations:
        return self.turns[-1][1]

    def slots(self, ends: str) -> dict[str, tuple[ExpectedEvidence, str]]:
        """Each slot that was expected at some time, as it was expected last, and since when."""
        found: dict[str, tuple[ExpectedEvidence, str]] = {}
        for since, said in self.turns:
            if since > ends:
                break
            for name, slot in said.evidence.items():
                found[name] = (slot, found[name][1] if name in found else since)
        return found


def promised(repository: Repository, records: Sequence[Record], tree: str, begins: str, ends: str) -> Promised:
    """What the configurations in force from `begins` to `ends` promise, in order.

    Each record of a commit names its configuration by git's id. Where no record does, that of `tree` counts.
    """
    blobs: list[tuple[str, str]] = []
    for record in sorted(records, key=lambda record: (record.finished_at, record.sequence)):
        if record.finished_at > ends:
            break
        config = next(entry for entry in record.predicate["policies"] if entry["name"] == "config")
        blob = str(config["digest"].get("gitBlob", ""))
        if record.finished_at <= begins:
            # Only the last one before the period was in force in it.
            blobs = []
        if not blobs or blobs[-1][1] != blob:
            blobs.append((max(record.finished_at, begins) if blobs else begins, blob))
    if not blobs:
        blobs = [(begins, _config_of(repository, tree))]
    turns, unread = [], []
    for since, blob in blobs:
        try:
            turns.append((since, _expected(repository, blob)))
        except (ConfigError, EvidenceError) as error:
            unread.append(f"the configuration in force since {since} cannot be read: {error.message}")
    return Promised(tuple(turns) or ((begins, Expectations()),), tuple(unread))


def _config_of(repository: Repository, tree: str) -> str:
    names = {entry.path: entry.id for entry in repository.tree(tree)}
    return next((names[name] for name in ("soc2gate.yaml", "soc2gate.yml", "pyproject.toml") if name in names), "")


def _expected(repository: Repository, blob: str) -> Expectations:
    if not blob:
        return Expectations()
    (data,) = repository.blobs([blob])
    with tempfile.TemporaryDirectory(prefix="soc2gate-") as scratch:
        # git knows the content by its id alone; one of the two formats never reads as the other.
        file = Path(scratch) / ("pyproject.toml" if b"[tool.soc2gate" in data else "soc2gate.yaml")
        file.write_bytes(data)
        return expectations.of(load_config(file.parent, file, base=file.parent, waiver_files=False))
