"""What a year of evidence costs, on a smaller one: processor time, so that a busy machine does not fail it, and memory.

The whole year, 20,000 commits and 2,000 verifications: `python tests/benchmarks/year.py FOLDER`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
from measuring import run_once
from year import make

from soc2gate.errors import EvidenceError
from soc2gate.evidence import envelope, reading
from soc2gate.evidence.essence import Essence
from soc2gate.evidence.ledger import Record, genuine
from soc2gate.evidence.stores import Directory, name_of

COMMITS = 1_820
RECORDS = 2_002


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A tenth of a year, of records as large as those of the demo's company: 230 MB, gone afterwards."""
    folder = tmp_path_factory.mktemp("year") / "year"
    make(folder, COMMITS)
    yield folder
    shutil.rmtree(folder)


def test_two_thousand_records_are_reported_in_a_few_seconds_of_processor_time(year: Path) -> None:
    command = [sys.executable, "-m", "soc2gate", "report", "--ledger", "../ledger", "--keys", "../ci.pub"]
    run = run_once([*command, "--format", "json", "--output", str(year / "report.json")], year / "repository")
    assert run.code == 0
    told = json.loads((year / "report.json").read_bytes())
    assert len(told["records"]) == RECORDS
    assert {member["state"] for member in told["population"]["members"]} == {"attested"}
    # 2.4 s and 58 MB on a machine that had seven other things to do.
    assert run.cpu < 6
    assert run.peak_mb < 120


def test_a_record_costs_little_more_than_its_digest_and_its_signature(year: Path) -> None:
    """Both are measured side by side, with the standard library, so that what slows a machine down slows both."""
    store = Directory(year / "ledger")
    (key,) = envelope.load_trusted(year / "ci.pub")
    read, least = Essence(), 0.0
    costs = 0.0
    for first in range(1, 1_000, 50):
        numbers = range(first, first + 50)
        begun = time.process_time()
        assert len(list(genuine(store, [key], numbers, read))) == 50
        costs += time.process_time() - begun
        begun = time.process_time()
        for number in numbers:
            data = store.read("records", number)
            hashlib.sha256(data).digest()
        for number in numbers:
            whole = json.loads(store.read("records", number))
            payload = base64.b64decode(whole["payload"])
            message = envelope.pre_authentication(envelope.STATEMENT_TYPE, payload)
            assert key.verifies(base64.b64decode(whole["signatures"][0]["sig"]), message)
        least += time.process_time() - begun
    # 1.25 times as much when this was written.
    assert costs < 1.8 * least, f"{costs:.2f} s against {least:.2f} s"


def facts(record: Record) -> tuple[object, ...]:
    said = {name: str(list(value)) if name == "criteria" else value for name, value in record.predicate.items()}
    return (*astuple(record.link), record.digest, record.commit, record.tree, record.finished_at, said)


def test_several_processes_read_what_one_reads_and_refuse_what_one_refuses(
    year: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WORTH_IT", 10)
    monkeypatch.setattr(reading, "RUN", 60)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    store = Directory(year / "ledger")
    keys = envelope.load_trusted(year / "ci.pub")
    numbers = range(1, 301)
    told = list(reading.essential(store, keys, numbers))
    assert [facts(one) for one in told] == [facts(one) for one in genuine(store, keys, numbers, Essence())]
    file = year / "ledger" / name_of("records", 222)
    data = file.read_bytes()
    try:
        file.write_bytes(data.replace(b'"sig":"M', b'"sig":"N'))
        with pytest.raises(EvidenceError, match="record 222: the signature"):
            list(reading.essential(store, keys, numbers))
    finally:
        file.write_bytes(data)
