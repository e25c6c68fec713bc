"""The package in an auditor's hands: another folder, a clone, the tools of any system, and the package's own words."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import zipfile
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from evidence_support import Place

if TYPE_CHECKING:
    from quarter import Quarter

TOOLS = ("sh", "openssl", "git", "sed", "grep", "cut", "tr", "wc", "sort", "find", "cmp", "cat", "mktemp", "rm")
"""What any system has, openssl and git."""


@pytest.fixture(scope="module")
def desk(quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked package, a clone, the key that somebody handed over, and nothing else on PATH."""
    folder = tmp_path_factory.mktemp("auditor")
    packed = quarter.pack(folder / "for-the-auditor.zip")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder / "package")
    quarter.place.git("clone", "-q", str(quarter.place.folder), str(folder / "clone"))
    shutil.copy(quarter.folder / "ci.pub", folder / "KEY.pem")
    (folder / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (folder / "bin" / tool).symlink_to(found)
    return folder


def run(desk: Path, command: str, folder: str = "package") -> tuple[int, list[str]]:
    done = subprocess.run(
        [str(desk / "bin/sh"), "-c", command],
        cwd=desk / folder, env={"PATH": str(desk / "bin"), "HOME": str(desk)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def commands(desk: Path) -> list[str]:
    """What README.txt tells to type, for somebody whose key and clone lie beside the package."""
    text = (desk / "package/README.txt").read_text(encoding="utf-8")
    told = re.findall(r"^ {7}(\S.*)$", text, re.M)
    return [line.replace("KEY.pem", "../KEY.pem").replace("/path/to/clone", "../clone") for line in told]


def test_what_the_readme_says_is_typed_and_holds(desk: Path, quarter: Quarter) -> None:
    identity, plain, with_clone = commands(desk)
    (keyid,) = (path.stem for path in (desk / "package/keys").iterdir())
    assert run(desk, identity)[1][0].endswith(keyid)
    number = len(list((desk / "package/records").rglob("*.dsse.json")))
    files = sum(path.is_file() for path in (desk / "package").rglob("*")) - 2
    told = [f"every file is the one that was packed: {files}", f"records, each signed and in its place: {number}"]
    assert run(desk, plain) == (0, [*told, "genuine"])
    assert run(desk, with_clone) == (0, [
        *told,
        # A clone of everything has the branches of pull requests, too.
        "records of commits that the clone does not have, as of squashed branches: 0",
        f"changes of the period, each in population.csv: {quarter.document()['population']['commits']}",
        "genuine",
    ])  # fmt: skip
    text = (desk / "package/README.txt").read_text(encoding="utf-8")
    for path in (desk / "package").iterdir():
        name = f"{path.name}/" if path.is_dir() else path.name
        assert name in text or name.startswith("oscal-") or name == "README.txt", name


def test_a_clone_without_the_branches_of_pull_requests_is_enough(desk: Path, quarter: Quarter) -> None:
    quarter.place.git("clone", "-q", "--single-branch", "--no-local", str(quarter.place.folder), str(desk / "lean"))
    code, told = run(desk, commands(desk)[2].replace("../clone", "../lean"))
    assert (code, told[-1]) == (0, "genuine")
    assert "records of commits that the clone does not have, as of squashed branches: 2" in told


def test_without_a_key_it_says_what_to_type(desk: Path) -> None:
    assert run(desk, "sh verify.sh") == (2, ["name the public key that you were given: sh verify.sh KEY.pem"])


def test_the_command_in_the_page_gives_the_same_report_from_the_package(desk: Path) -> None:
    page = (desk / "package/report.html").read_text(encoding="utf-8")
    told = re.search(r"<pre[^>]*>(soc2gate report [^<]*)</pre>", page)
    assert told is not None
    words = shlex.split(unescape(told[1]).replace("LEDGER", "../package").replace("KEYS", "../KEY.pem"))
    done = Place(desk / "clone").soc2gate(*words[1:], "--format", "json")
    assert done.code == 3, done.err
    again, packed = json.loads(done.out), json.loads((desk / "package/report.json").read_text(encoding="utf-8"))
    # A clone says that it comes from where it was cloned.
    assert again["asked"].pop("repository") != packed["asked"].pop("repository")
    in_scope = [row for row in packed["scope"] if row["what"] == "repository"]
    assert in_scope
    # The command names the head that the page saw, so that an end cut off since is noticed.
    assert packed["anchored_at"] is None
    assert again == packed | {"anchored_at": max(map(int, packed["records"]))}


def test_every_change_stands_in_the_population_with_its_records(desk: Path, quarter: Quarter) -> None:
    rows = list(csv.DictReader(io.StringIO((desk / "package/population.csv").read_text(encoding="utf-8"))))
    by_commit = {row["commit"]: row for row in rows}
    of = {name: by_commit.get(commit) for name, commit in quarter.commits.items()}
    assert of["given up"] is None
    states = {name: row["state"] for name, row in of.items() if row is not None}
    assert (states["first"], states["squashed"], states["unattested"]) == ("attested", "attested_by_tree", "unattested")
    assert by_commit[quarter.commits["pushed"]]["remarks"] == "direct push; protection bypassed"
    assert "the commit says" in by_commit[quarter.commits["late"]]["late"]
    assert sum(row["in_sample"] == "True" for row in rows) == 5
    for row in rows:
        for number in row["records"].split():
            assert (desk / f"package/records/000/{int(number):09d}.dsse.json").is_file()


def test_a_change_left_out_is_noticed_even_if_the_package_is_signed_anew(desk: Path, quarter: Quarter) -> None:
    forged = desk / "forged"
    shutil.copytree(desk / "package", forged)
    table = (forged / "population.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    gone = next(line for line in table if "unattested" in line)
    (forged / "population.csv").write_text("".join(line for line in table if line != gone), encoding="utf-8")
    anew = (
        "find . -type f ! -name 'SHA256SUMS*' | sed 's#^./##' | LC_ALL=C sort | xargs sha256sum > SHA256SUMS;"
        f"openssl dgst -sha256 -sign {quarter.folder}/ci.key -out SHA256SUMS.sig SHA256SUMS"
    )
    subprocess.run(anew, shell=True, cwd=forged, check=True)
    _, plain, with_clone = commands(desk)
    assert run(desk, plain, "forged")[1][-1] == "genuine"
    assert run(desk, with_clone, "forged") == (
        1,
        [*run(desk, with_clone)[1][:3], "population.csv is not what the repository's branch holds"],
    )


def test_its_files_open_as_what_they_are(desk: Path) -> None:
    package = desk / "package"
    for name in ("report.json", "oscal-assessment-results.json", "oscal-plan-of-action.json", "report.schema.json"):
        assert json.loads((package / name).read_text(encoding="utf-8"))
    for name in ("controls.csv", "population.csv", "access-review.csv"):
        assert len(list(csv.reader(io.StringIO((package / name).read_text(encoding="utf-8"))))) > 5
    brought = {path.name: path.read_text() for path in (package / "evidence").iterdir()}
    assert sorted(text.partition(",")[0] for text in brought.values()) == ["board-minutes", "restore-drill"]
