"""soc2gate against its peers, as ratios measured in one run: `make bench`.

Absolute times say little on another machine; ratios from one run say more. checkov and tfparse are installed each in an
environment of its own (.venv-checkov, .venv-tfparse): checkov and python-hcl2 own the same top-level package. What is
compared is processor time of the whole process, the best of several runs, taken in turns.

The public VPC module is scanned where a copy of it is named: --vpc PATH or SOC2GATE_BENCH_VPC (a clone of
github.com/terraform-aws-modules/terraform-aws-vpc).
"""

from __future__ import annotations

import argparse
import importlib.resources
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cel
import collecting
import material
from measuring import Measured, interleaved, measure, run_once

REPOSITORY = Path(__file__).resolve().parents[2]
OURS = str(Path(sys.executable).parent / "soc2gate")
TFPARSE = """\
import json, resource, sys
from tfparse import load_from_path
def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime
start = used()
load_from_path(sys.argv[1])
print(json.dumps(used() - start))
"""
READ = """\
import gc, json, resource, sys
from pathlib import Path
from soc2gate.declared.discover import discover
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.terraform import read
gc.disable()
def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime
base = Path(sys.argv[1])
start = used()
readings = [read(root, base, ReadOptions()) for root in discover((".",), base).roots]
assert sum(len(reading.resources) for reading in readings) == 10_000
print(json.dumps(used() - start))
"""


@dataclass
class Bench:
    """Where to work, and against whom."""

    here: Path
    times: int
    limit: float
    checkov: str | None
    tfparse: str | None
    vpc: Path | None
    missing: list[str] = field(default_factory=list)

    def scan(self, folder: str, *flags: str) -> list[str]:
        return [OURS, "scan", *flags, folder]

    def judged_by_checkov(self, folder: str) -> list[str]:
        assert self.checkov is not None
        return [self.checkov, "-d", folder, "--skip-download", "--compact", "-o", "json"]


def table(title: str, *columns: str) -> None:
    print(f"\n{title:<42}" + "".join(column.rjust(13) for column in columns), flush=True)


def row(title: str, *cells: str) -> None:
    print(f"{title:<42}" + "".join(cell.rjust(13) for cell in cells), flush=True)


def ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def check(title: str, run: Measured) -> None:
    if not run.finished:
        sys.exit(f"{title}: soc2gate left with {run.code}")


# --- one file -------------------------------------------------------------------------------------------------------


def one_file(bench: Bench) -> None:
    """What a person waits for: the whole process for one file, one changed file, a small company."""
    material.small(bench.here / "small")
    material.module(bench.here / "module")
    company = importlib.resources.files("soc2gate.demo") / "company"
    shutil.copytree(str(company), bench.here / "company")
    table("one file (best of several)", "CPU", "wall", "peak MB", "checkov CPU", "wall", "CPU ratio", "wall ratio")
    for title, ours, theirs in (
        ("soc2gate --version, checkov --version", [OURS, "--version"], ["--version"]),
        ("one small file", bench.scan("small"), None),
        ("one changed file in a module of 20", bench.scan("module/part_07.tf", "--changed"), None),
        ("the demo company", bench.scan("company"), None),
    ):
        folder = {"module/part_07.tf": "module"}.get(ours[-1], ours[-1])
        commands = {"ours": ours}
        if bench.checkov:
            commands["theirs"] = [bench.checkov, *theirs] if theirs else bench.judged_by_checkov(folder)
        found = interleaved(commands, bench.here, {name: bench.times if name == "ours" else 3 for name in commands})
        mine = found["ours"]
        check(title, mine)
        cells = [ms(mine.cpu), ms(mine.wall), f"{mine.peak_mb:.0f}"]
        if "theirs" in found:
            other = found["theirs"]
            cells += [ms(other.cpu), ms(other.wall), f"{other.cpu / mine.cpu:.0f}×", f"{other.wall / mine.wall:.0f}×"]
        row(title, *cells)


def hook(bench: Bench) -> None:
    """The pre-commit hook on one changed file in a module of 20, without what pre-commit itself takes."""
    if shutil.which("git") is None or shutil.which("pre-commit", path=str(Path(sys.executable).parent)) is None:
        bench.missing.append("the hook (git or pre-commit is not installed)")
        return
    commands = material.hooks(bench.here, {"ours": f"{OURS} {material.HOOK}", "nothing": "true"})
    found = interleaved(commands, bench.here, dict.fromkeys(commands, bench.times))
    table("the hook, through pre-commit", "CPU", "wall")
    row("pre-commit with a hook that does nothing", ms(found["nothing"].cpu), ms(found["nothing"].wall))
    row("pre-commit with soc2gate", ms(found["ours"].cpu), ms(found["ours"].wall))
    row(
        "soc2gate itself",
        ms(found["ours"].cpu - found["nothing"].cpu),
        ms(found["ours"].wall - found["nothing"].wall),
    )


# --- many resources -------------------------------------------------------------------------------------------------


def sizes(bench: Bench, largest: int) -> None:
    """Cost by size: linear, or something is wrong."""
    table("resources in one root", "CPU", "wall", "peak MB", "µs each", "resources/s", "MB/s")
    start = measure([OURS, "--version"], bench.here, bench.times).cpu
    each = []
    for number in (1000, 5000, 10_000, 50_000):
        if number > largest:
            continue
        folder = f"root-{number}"
        material.generated(bench.here / folder, number)
        run = measure(bench.scan(folder), bench.here, 3 if number <= 10_000 else 1)
        check(folder, run)
        each.append((run.cpu - start) / number)
        row(f"{number:,}", *_throughput(run, number, material.size_mb(bench.here / folder)))
    print(f"dearest resource over cheapest: {max(each) / min(each):.2f} (1 would be exactly linear)")
    material.roots(bench.here / "roots", 100, 100)
    run = measure(bench.scan("roots"), bench.here, 3)
    check("roots", run)
    row("10,000 in 100 roots", *_throughput(run, 10_000, material.size_mb(bench.here / "roots")))
    material.deployments(bench.here / "deployments", 1000)
    run = measure(bench.scan("deployments"), bench.here, 3)
    check("deployments", run)
    row("1,000 Kubernetes deployments", *_throughput(run, 1000, material.size_mb(bench.here / "deployments")))


def _throughput(run: Measured, number: int, size: float) -> list[str]:
    return [
        ms(run.cpu),
        ms(run.wall),
        f"{run.peak_mb:.0f}",
        f"{run.cpu / number * 1e6:.0f}",
        f"{number / run.cpu:,.0f}",
        f"{size / run.cpu:.1f}",
    ]


def against_checkov(bench: Bench) -> None:
    """The largest root that checkov finishes within the limit."""
    if bench.checkov is None:
        return
    table(f"checkov, at most {bench.limit:.0f} s", "CPU", "checkov CPU", "CPU ratio", "checkov MB")
    for number in (1000, 2000, 5000, 10_000):
        folder = bench.here / f"root-{number}"
        if not folder.exists():
            material.generated(folder, number)
        other = run_once(bench.judged_by_checkov(folder.name), bench.here, bench.limit)
        if not other.finished:
            row(f"{number:,} resources", "", f"> {other.cpu:.0f} s", "not finished")
            return
        mine = measure(bench.scan(folder.name), bench.here, 3)
        row(
            f"{number:,} resources", ms(mine.cpu), ms(other.cpu), f"{other.cpu / mine.cpu:.0f}×", f"{other.peak_mb:.0f}"
        )


def against_tfparse(bench: Bench) -> None:
    """tfparse reads and evaluates Terraform and judges nothing: its load against ours, and against a whole scan."""
    if bench.tfparse is None:
        return
    folder = bench.here / "root-10000"
    if not folder.exists():
        material.generated(folder, 10_000)
    read, load = [], []
    for _ in range(3):
        told = subprocess.run([sys.executable, "-c", READ, folder], check=True, capture_output=True, text=True)
        read.append(float(told.stdout))
        told = subprocess.run([bench.tfparse, "-c", TFPARSE, folder], check=True, capture_output=True, text=True)
        load.append(float(told.stdout))
    whole = measure(bench.scan(folder.name), bench.here, 3)
    table("tfparse, 10,000 resources", "CPU", "tfparse CPU", "CPU ratio")
    row("reading and evaluating", ms(min(read)), ms(min(load)), f"{min(load) / min(read):.1f}×")
    row("a whole scan against its load", ms(whole.cpu), ms(min(load)), f"{min(load) / whole.cpu:.1f}×")


def public_module(bench: Bench) -> None:
    """The public VPC module with its examples."""
    if bench.vpc is None:
        bench.missing.append("the public VPC module (--vpc PATH or SOC2GATE_BENCH_VPC)")
        return
    copy = bench.here / "vpc"
    shutil.copytree(bench.vpc, copy, ignore=shutil.ignore_patterns(".git"))
    mine = measure(bench.scan("vpc"), bench.here, 3)
    check("vpc", mine)
    table("the public VPC module and its examples", "CPU", "checkov CPU", "CPU ratio")
    if bench.checkov is None:
        row("whole repository", ms(mine.cpu))
        return
    other = run_once(bench.judged_by_checkov("vpc"), bench.here, bench.limit)
    told = ms(other.cpu) if other.finished else f"> {other.cpu:.0f} s"
    row("whole repository", ms(mine.cpu), told, f"{other.cpu / mine.cpu:.0f}×")


def evaluations(bench: Bench) -> None:
    """The engine alone: typical rules over many resources, and all rules over a root that has been read."""
    print()
    cel.main()
    folder = bench.here / "root-10000"
    if not folder.exists():
        material.generated(folder, 10_000)
    cel.all_rules(folder)


def collection(bench: Bench) -> None:
    """Live state: how much our collection costs beside the calls themselves."""
    table("live state (wall, best of three)", "plain boto3", "collect", "ratio")
    collecting.main(row)


# --- peers ----------------------------------------------------------------------------------------------------------


def environment(name: str, package: str, missing: list[str]) -> Path | None:
    """The environment of a peer, made on first use; None where it cannot be had."""
    folder = REPOSITORY / name
    python = folder / "bin" / "python"
    if not (folder / "made").exists() and not (folder / "bin" / package).exists():
        print(f"installing {package} in {name} (once) …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        if subprocess.run([str(python), "-m", "pip", "install", "--quiet", package]).returncode:
            missing.append(f"{package} (it could not be installed)")
            return None
        (folder / "made").touch()
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-peers", action="store_true", help="measure soc2gate alone")
    parser.add_argument("--times", type=int, default=15, help="runs of each short command (best counts)")
    parser.add_argument("--largest", type=int, default=50_000, help="the largest generated root")
    parser.add_argument("--limit", type=float, default=300, help="seconds that checkov gets for one folder")
    parser.add_argument("--vpc", type=Path, default=os.environ.get("SOC2GATE_BENCH_VPC"), help="a clone of the module")
    parser.add_argument(
        "--only", nargs="*", help="parts: one_file hook sizes checkov tfparse vpc evaluations collection"
    )
    asked = parser.parse_args()
    missing: list[str] = []
    checkov = None if asked.no_peers else environment(".venv-checkov", "checkov", missing)
    tfparse = None if asked.no_peers else environment(".venv-tfparse", "tfparse", missing)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(
            here=Path(scratch),
            times=asked.times,
            limit=asked.limit,
            checkov=str(checkov / "bin" / "checkov") if checkov else None,
            tfparse=str(tfparse / "bin" / "python") if tfparse else None,
            vpc=Path(asked.vpc).resolve() if asked.vpc else None,
            missing=missing,
        )
        parts: dict[str, Callable[[], None]] = {
            "one_file": lambda: one_file(bench),
            "hook": lambda: hook(bench),
            "sizes": lambda: sizes(bench, asked.largest),
            "checkov": lambda: against_checkov(bench),
            "tfparse": lambda: against_tfparse(bench),
            "vpc": lambda: public_module(bench),
            "evaluations": lambda: evaluations(bench),
            "collection": lambda: collection(bench),
        }
        began = time.perf_counter()
        for name, part in parts.items():
            if not asked.only or name in asked.only:
                part()
        print(f"\nmeasured in {time.perf_counter() - began:.0f} s; load of the machine now: {os.getloadavg()[0]:.1f}")
    for what in bench.missing:
        print(f"NOT MEASURED: {what}")


if __name__ == "__main__":
    # A peer that crashes leaves no core file behind.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
