"""What all tests share: golden files, and a shield that keeps every test away from a person's own accounts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aws_for_tests import Aws, running_aws
from hypothesis import settings

if TYPE_CHECKING:
    from quarter import Quarter

GOLDEN = Path(__file__).parent / "golden"

# The same cases every time, so that a landing is judged by its change and not by luck; SOC2GATE_EXPLORE=1 looks
# further, and what it finds becomes a test of its own.
settings.register_profile("steady", derandomize=True)
settings.register_profile("explore")
settings.load_profile("explore" if os.environ.get("SOC2GATE_EXPLORE") else "steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files again, to be reviewed as text")


@pytest.fixture(scope="session", autouse=True)
def shield(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test can reach an account or a cluster of whoever runs it."""
    nowhere = str(tmp_path_factory.getbasetemp() / "nowhere")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "TF_VAR_", "KUBE")):
                patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", nowhere)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("KUBECONFIG", nowhere)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    """A simulated AWS over HTTP."""
    with running_aws() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Aws]:
    """Its account, empty, and credentials for it in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield server
    server.reset()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tests measured that a pass alone does not tell."""
    _judged_by_terraform(terminalreporter)
    _proof(terminalreporter)


def _proof(terminalreporter: pytest.TerminalReporter) -> None:
    """What `verify` found on real deployments, by kind."""
    proofs = {
        name: json.loads(value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name.startswith("proof by ")
    }
    if (table := proofs.get("proof by Terraform")) is not None:
        terminalreporter.write_line("applied by real Terraform, by kind: declared, matched, false disagreements")
        for kind, (declared, matched, found) in sorted(table.items()):
            terminalreporter.write_line(f"  {kind:36} {declared:4} {matched:4} {found:4}")
        sums = [sum(column) for column in zip(*table.values(), strict=True)]
        terminalreporter.write_line(f"  {'all':36} {sums[0]:4} {sums[1]:4} {sums[2]:4}")
    for name, of in (
        ("proof by mutation", "in an account"),
        ("proof by cluster", "in a cluster"),
        ("proof by real cluster", "in a real cluster"),
    ):
        if (tally := proofs.get(name)) is None:
            continue
        columns = ("declared", "made", "matched", "invented", "missed")
        terminalreporter.write_line(
            f"changed by hand {of} in {tally['runs']['']} generated runs, by kind: "
            "declared, changes to be told, told exactly, false disagreements, missed"
        )
        for kind in sorted({kind for column in columns for kind in tally[column]}):
            numbers = " ".join(f"{tally[column].get(kind, 0):5}" for column in columns)
            terminalreporter.write_line(f"  {kind:36} {numbers}")
        numbers = " ".join(f"{sum(tally[column].values()):5}" for column in columns)
        terminalreporter.write_line(f"  {'all':36} {numbers}")


def _judged_by_terraform(terminalreporter: pytest.TerminalReporter) -> None:
    """What Terraform judged of generated configurations, over all tests that asked it."""
    counts = [0, 0, 0]
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "judged by Terraform":
                    counts = [a + b for a, b in zip(counts, value, strict=True)]
    known, unknown, wrong = counts
    if total := sum(counts):
        terminalreporter.write_line(
            f"Terraform as judge: {total} generated values, {known} known and equal, {unknown} unknown "
            f"({unknown / total:.2%}), {wrong} wrong"
        )


@pytest.fixture(scope="session")
def kubernetes_tools() -> str:
    """PATH with helm and kubectl on it. Tests that use it are marked `helm`."""
    from tools import kubernetes_tools

    return f"{kubernetes_tools()}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which checks a page's accessibility."""
    from tools import axe

    return axe()


@pytest.fixture(scope="session")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    """Three months of a company, in a repository and a ledger; made once for all processes, and only read."""
    import fcntl

    sys.path.insert(0, str(Path(__file__).parent / "unit"))
    from quarter import Quarter, build

    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with open(base / "quarter.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / "quarter").exists():
            partial = base / f"quarter-{os.getpid()}"
            build(partial)
            partial.rename(base / "quarter")
    return Quarter.at(base / "quarter")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with a file in tests/golden; `--update-golden` writes it."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no {path.name}: run pytest --update-golden and review it"
        assert text == path.read_text(encoding="utf-8")

    return check
