"""What `soc2gate demo` says and leaves with, whatever `verify` answers. No server is started here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from soc2gate.demo import run as demo
from soc2gate.demo.changes import CHANGES, Deployed
from soc2gate.demo.deployment import Deployment, write_company
from soc2gate.demo.expected import STAGED, Staged


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def written(folder: Path, *, changed: bool) -> Iterator[Deployment]:
        assert changed
        write_company(folder)
        (folder / "kubeconfig").write_text("")
        yield Deployment(
            folder=folder,
            environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "testing"},
            kubeconfig=folder / "kubeconfig",
            aws_endpoint="http://127.0.0.1:1",
            cluster_url="http://127.0.0.1:2",
            made=cast(Deployed, None),
        )

    monkeypatch.setattr(demo, "deployed", written)


def reporting(staged: Sequence[Staged], folder: Path, *, said: int = 1) -> dict[str, Any]:
    found = []
    for item in staged:
        where = None
        if item.file:
            lines = [line.strip() for line in (folder / item.file).read_text().splitlines()]
            where = {"path": item.file, "line": lines.index(item.says, lines.index(item.within)) + 1}
        verdict = "unknown" if item.difference == "undecided" else "fail"
        found.append(
            {
                "difference": item.difference,
                "kind": item.kind,
                "address": item.address,
                "property": item.property,
                "rules": [{"id": rule, "live": verdict} for rule in item.rules],
                "criteria": ["CC6.1"],
                "live_where": {"call": item.call},
                "declared_where": where,
            }
        )
    return {"disagreements": found, "decision": {"exit": said}}


def answering(staged: Sequence[Staged], code: int = 1, said: int = 1) -> demo.Verify:
    def verify(deployment: Deployment) -> int:
        report = reporting(staged, deployment.folder, said=said)
        (deployment.folder / "report.json").write_text(json.dumps(report))
        return code

    return verify


def test_the_staged_report_ends_in_0_and_shows_what_verify_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run(tmp_path / "company", verify=answering(STAGED)) == 0
    told = capsys.readouterr().out
    assert "exit 1, the gate is closed" in told
    assert all(change.told in told for change in CHANGES)
    assert f"Everything is in {tmp_path / 'company'}" in told


def test_another_report_ends_in_4_and_says_how_it_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run(tmp_path / "company", verify=answering(STAGED[:-1])) == 4
    assert "not reported (read-denied)" in capsys.readouterr().out


def test_a_report_that_contradicts_the_exit_code_ends_in_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run(tmp_path / "company", verify=answering(STAGED, code=0)) == 4
    assert "the command left with 0" in capsys.readouterr().out


def test_no_report_ends_in_4_even_beside_an_old_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run(tmp_path / "company", verify=answering(STAGED)) == 0
    assert demo.run(tmp_path / "company", verify=lambda deployment: 4) == 4
    assert "It left no report" in capsys.readouterr().out


def test_kept_servers_are_told_of_and_forgotten_after_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "the company"
    settings: list[str] = []

    def interrupted() -> None:
        settings.append((folder / "environment.sh").read_text())
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_wait", interrupted)
    assert demo.run(folder, keep=True, verify=answering(STAGED)) == 0
    assert settings == ["export AWS_ACCESS_KEY_ID=testing\nexport AWS_ENDPOINT_URL=http://127.0.0.1:1\n"]
    assert f". '{folder}'/environment.sh" in capsys.readouterr().out
    assert not (folder / "environment.sh").exists()
    assert not (folder / "kubeconfig").exists()
