"""Nothing we print says that anybody is compliant or certified: a licensed CPA firm attests, we tell what was seen."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from evidence_support import Place
from test_period import without_the_catalogue

import soc2gate
from soc2gate.evidence.telling import DISCLAIMER

if TYPE_CHECKING:
    from quarter import Quarter

PACKAGE = Path(soc2gate.__file__).parent
CLAIMS = re.compile(r"\b(non-?)?complian(t|ce)\b|\bcertif(y|ied|ies|ication)\b|\baudit-ready\b|\bguarantee", re.I)
"""Certificates there are: of TLS, and of who stamps a time. Nobody is one who holds them."""
FORMATS = ("text", "json", "html", "csv", "oscal", "oscal-poam")


def claims(text: str) -> list[str]:
    """Each claim with what stands around it; `COMPLIANCE` is how S3 spells a mode of object lock."""
    if not CLAIMS.search(text):
        return []
    text = without_the_catalogue(text).replace("COMPLIANCE", "")
    return [text[max(0, found.start() - 40) : found.end() + 40] for found in CLAIMS.finditer(text)]


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_on_a_quarter_claims_nothing(quarter: Quarter, form: str) -> None:
    said = quarter.report(form)
    assert len(said) > 1000
    assert claims(said) == []
    if form != "csv":
        # A table of cells has no room for it; the package beside it says it.
        assert DISCLAIMER in said


def test_the_package_claims_nothing(quarter: Quarter, tmp_path: Path) -> None:
    with zipfile.ZipFile(quarter.pack(tmp_path / "out.zip")) as archive:
        texts = {
            name: archive.read(name).decode("utf-8")
            for name in archive.namelist()
            if name.rpartition(".")[2] in ("txt", "sh", "csv", "md", "html") or name.endswith("schema.json")
        }
    assert set(texts) >= {
        "README.txt",
        "verify.sh",
        "controls.csv",
        "population.csv",
        "access-review.csv",
        "report.html",
    }
    assert {name: found for name, text in texts.items() if (found := claims(text))} == {}
    assert "a licensed CPA firm attests" in texts["README.txt"]


def test_a_review_of_access_claims_nothing(quarter: Quarter, tmp_path: Path) -> None:
    snapshot = next(quarter.folder.glob("aws-2026-09-10*"))
    done = quarter.place.soc2gate(
        "access-review", "--snapshot", str(snapshot), "--output", str(tmp_path / "review"),
        "--ledger", "../ledger", "--keys", "../keys.json",
    )  # fmt: skip
    assert "user/old" in done.err
    for text in (done.out, done.err, *(path.read_text("utf-8") for path in (tmp_path / "review").iterdir())):
        assert claims(text) == []


def test_no_help_claims_anything(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for command in (
        ("report",), ("access-review",), ("access-review", "record"), ("evidence",), ("evidence", "add"),
        ("attest",), ("attest", "verify"), ("attest", "reproduce"), ("keygen",), ("config", "schema"),
    ):  # fmt: skip
        done = place.soc2gate(*command, "--help")
        assert (done.code, claims(done.out)) == (0, []), command


def texts_of(file: Path) -> Iterator[str]:
    """Every text in a module, what only its readers read too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_no_text_of_the_program_claims_anything() -> None:
    folders = ("output", "evidence", "access", "cli", "json_schemas")
    files = [path for folder in folders for path in (PACKAGE / folder).rglob("*") if path.is_file()]
    found = {}
    for file in files:
        if file.suffix == ".py":
            told = [claim for text in texts_of(file) for claim in claims(text)]
        elif file.suffix in (".json", ".md", ".css", ".js"):
            told = claims(file.read_text(encoding="utf-8"))
        else:
            continue
        if told:
            found[file.relative_to(PACKAGE).as_posix()] = told
    assert found == {}
    # The test would notice.
    assert claims("this account is SOC 2 compliant") == ["this account is SOC 2 compliant"]
