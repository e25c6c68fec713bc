"""What must not get slow unseen: a scan of one file beside checkov, and what each resource costs as roots grow.

Processor time is compared, not the clock on the wall, and the best of several runs taken in turns: a busy machine
disturbs little. The limits stand off what is measured (`make bench` prints that), and fall with a real step back.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from checkov_for_tests import checkov
from material import HOOK, deployments, generated, hooks, small
from measuring import Measured, interleaved

SCAN = [sys.executable, "-m", "soc2gate", "scan"]


def test_a_scan_of_one_file_takes_little_longer_than_python_takes_to_start(tmp_path: Path) -> None:
    small(tmp_path / "small")
    commands = {"scan": [*SCAN, "small"], "python": [sys.executable, "-c", "pass"]}
    found = interleaved(commands, tmp_path, {"scan": 12, "python": 12})
    assert found["scan"].code == 1
    # Six times is usual; with click and the standard library's dataclasses it was fourteen.
    assert found["scan"].cpu < 10 * found["python"].cpu


def test_the_hook_for_one_file_of_twenty_takes_little_beside_what_pre_commit_takes(tmp_path: Path) -> None:
    ours = f"{sys.executable} -m soc2gate {HOOK}"
    commands = {**hooks(tmp_path, {"ours": ours, "nothing": "true"}), "python": [sys.executable, "-c", "pass"]}
    found = interleaved(commands, tmp_path, {"ours": 10, "nothing": 10, "python": 20})
    assert (found["ours"].code, found["nothing"].code) == (1, 0)
    # Nine times is usual on an idle machine (115 ms where Python starts in 13), fourteen where others fight for caches.
    assert found["ours"].cpu - found["nothing"].cpu < 18 * found["python"].cpu


@pytest.mark.checkov
def test_one_file_is_scanned_at_least_twenty_times_faster_than_by_checkov(tmp_path: Path) -> None:
    small(tmp_path / "small")
    commands = {
        "ours": [*SCAN, "small"],
        "theirs": [str(checkov()), "-d", "small", "--skip-download", "--compact", "-o", "json"],
    }
    found = interleaved(commands, tmp_path, {"ours": 12, "theirs": 3})
    assert (found["ours"].code, found["theirs"].code) == (1, 1)
    # Forty times is usual.
    assert found["theirs"].cpu > 20 * found["ours"].cpu


def scanned(base: Path, folders: list[str]) -> dict[str, Measured]:
    """Each folder scanned, in turns: what disturbs one then disturbs all."""
    found = interleaved({name: [*SCAN, name] for name in folders}, base, dict.fromkeys(folders, 4))
    assert all(run.finished for run in found.values())
    return found


@pytest.mark.slow
def test_each_resource_costs_the_same_in_a_large_root_as_in_a_small_one(tmp_path: Path) -> None:
    for number in (1000, 2000, 8000):
        generated(tmp_path / f"{number}", number)
    runs = scanned(tmp_path, ["1000", "2000", "8000"])
    first = (runs["2000"].cpu - runs["1000"].cpu) / 1000
    last = (runs["8000"].cpu - runs["2000"].cpu) / 6000
    # Were cost to grow with the square, the later ones would cost more than three times as much.
    assert last < 2 * first
    grown = (runs["8000"].peak_mb - runs["2000"].peak_mb) / 6000
    assert runs["2000"].peak_mb + grown * 48_000 < 1000, "50,000 resources would take more than 1 GB"


@pytest.mark.slow
def test_each_deployment_costs_the_same_among_many(tmp_path: Path) -> None:
    for number in (100, 300, 1100):
        deployments(tmp_path / f"{number}", number)
    runs = scanned(tmp_path, ["100", "300", "1100"])
    first = (runs["300"].cpu - runs["100"].cpu) / 200
    last = (runs["1100"].cpu - runs["300"].cpu) / 800
    assert last < 2 * first
