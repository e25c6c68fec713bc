"""Built-ins are listed by hand; guests are looked up only when named, and a broken one is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from soc2gate import plugins
from soc2gate.model.resource import Weight


@pytest.mark.parametrize("dotted", [*plugins.READERS.values(), *plugins.REPORTERS.values()])
def test_every_built_in_can_be_loaded(dotted: str) -> None:
    assert callable(plugins.load(dotted))


def test_no_guest_means_no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "importlib.metadata", None)
    assert plugins.load_guests(()) == plugins.Guests()


def test_guests_are_loaded_and_broken_ones_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kind_guest.py").write_text("def render(run): return 'hello'\n")
    (tmp_path / "rude_guest.py").write_text("raise RuntimeError('no licence')\n")
    info = tmp_path / "guests-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guests\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[soc2gate.reporters]\nkind = kind_guest:render\nrude = rude_guest:render\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    guests = plugins.load_guests(["kind", "rude", "absent"])
    assert list(guests.loaded) == ["soc2gate.reporters"]
    assert guests.loaded["soc2gate.reporters"]["kind"](None) == "hello"
    assert [problem.message for problem in guests.problems] == [
        "plugin rude cannot be loaded: RuntimeError: no licence",
        "plugin absent is not installed",
    ]
    assert {problem.weight for problem in guests.problems} == {Weight.GAP}
