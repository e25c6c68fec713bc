"""What leaves the house: a table for spreadsheets, and a package that is checked without any program of ours."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence_support import BAD, GOOD, Place
from test_period import ASK, CONTROL, change, day, finding, of_controls, record, told, without_the_catalogue

from soc2gate.evidence import envelope, telling
from soc2gate.output import period_csv
from soc2gate.packs.frameworks import load_frameworks


def test_the_table_has_a_row_for_each_requirement_of_a_control() -> None:
    control = {**CONTROL, "criteria": ["CC6.6", "CC6.1"]}
    made = told([of_controls(record(1, "a", day(3), code="fail", findings=[finding()]), control)], "a", ends=day(5))
    rows = list(csv.DictReader(io.StringIO(period_csv.render(telling.document(made)))))
    assert [(row["requirement"], row["control"], row["owner"]) for row in rows] == [
        ("CC6.6", "public-exposure", "Platform team"),
        ("CC6.1", "public-exposure", "Platform team"),
    ]
    assert (rows[0]["at_end"], rows[0]["seconds_fail"], rows[0]["evidence_age"]) == ("fail", str(2 * 86400), "fresh")
    assert (rows[0]["newest_record"], rows[0]["fresh_until"], rows[0]["open_gaps"]) == ("1", day(10), "1")


def test_other_frameworks_are_in_it_without_a_status_of_their_own() -> None:
    made = told([of_controls(record(1, "a", day(3), code="pass"), CONTROL)], "a", ends=day(5))
    text = period_csv.render(telling.document(made), load_frameworks().values())
    rows = {(row["framework"], row["requirement"]): row for row in csv.DictReader(io.StringIO(text))}
    assert rows["SOC 2 2017", "CC6.6"]["requirement_at_end"] == "pass"
    gdpr = rows["gdpr", "Art. 5(1)(f)"]
    assert (gdpr["control"], gdpr["at_end"], gdpr["requirement_at_end"]) == ("public-exposure", "pass", "")


def test_a_name_that_a_spreadsheet_would_run_is_text() -> None:
    control = {**CONTROL, "owner": '=HYPERLINK("http://example.org","x")'}
    made = told([of_controls(record(1, "a", day(3), code="pass"), control)], "a")
    (row,) = csv.DictReader(io.StringIO(period_csv.render(telling.document(made))))
    assert row["owner"].startswith("'=")


@pytest.fixture(params=envelope.KEY_TYPES)
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = Place.make(tmp_path / "repository")
    private, public, _ = envelope.generate(request.param, None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    change(place, GOOD, 1)
    change(place, BAD, 2)
    done = place.soc2gate(*ASK, "--format", "zip", "--key", "../ci.key", "--output", "../out.zip")
    assert done.code == 0, done.err
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "out")
    return tmp_path / "out"


def checked(folder: Path, *keys: str) -> tuple[int, str]:
    """The package's own recipe, with nothing but the system's tools on its path."""
    done = subprocess.run(
        ["sh", "verify.sh", *(keys or ("../ci.pub",))],
        cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.strip()


def changed_report(folder: Path) -> None:
    (folder / "report.json").write_text("{}")


def added(folder: Path) -> None:
    (folder / "records/000/000000003.dsse.json").write_text("{}")


def removed(folder: Path) -> None:
    (folder / "records/000/000000002.dsse.json").unlink()


def listed_anew(folder: Path) -> None:
    changed_report(folder)
    listed = subprocess.run("find . -type f ! -name 'SHA256SUMS*' | sed 's#./##' | xargs sha256sum > SHA256SUMS",
                            shell=True, cwd=folder, check=True)  # fmt: skip
    assert listed.returncode == 0


def test_openssl_alone_says_that_a_package_is_genuine_and_notices_every_change(packed: Path, tmp_path: Path) -> None:
    names = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()}
    assert names >= {"README.txt", "report.html", "report.json", "controls.csv", "records/000/000000001.dsse.json"}
    code, said = checked(packed)
    assert (code, said.splitlines()[-1]) == (0, "genuine")
    _, other, _ = envelope.generate("p256", None)
    (tmp_path / "other.pub").write_bytes(other)
    assert checked(packed, "../other.pub")[0] != 0
    changes: tuple[Callable[[Path], None], ...] = (changed_report, added, removed, listed_anew)
    for number, change_it in enumerate(changes):
        copy = tmp_path / f"copy{number}"
        subprocess.run(["cp", "-r", str(packed), str(copy)], check=True)
        change_it(copy)
        assert checked(copy)[0] != 0, change_it.__name__
    for text in ("README.txt", "report.html", "controls.csv", "verify.sh", "report.json"):
        said = without_the_catalogue((packed / text).read_text("utf-8")).lower()
        assert not [word for word in ("compliant", "certified", "certify", "certificate") if word in said], text


def test_a_package_is_signed_or_not_written(tmp_path: Path) -> None:
    place = Place.make(tmp_path / "repository")
    place.commit()
    _, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.pub").write_bytes(public)
    done = place.soc2gate(*ASK, "--format", "zip", "--output", "../out.zip")
    assert (done.code, (tmp_path / "out.zip").exists()) == (2, False)
    assert "--key" in done.err
