"""The index says exactly what the YAML files say, and is believed only while they are what it was made from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from soc2gate.packs import builtin, index
from soc2gate.packs.reading import read_builtin


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("rules", "mappings"):
        shutil.copytree(Path(builtin()) / name, tmp_path / name)
    return tmp_path


def test_the_committed_index_is_current_and_says_what_the_files_say() -> None:
    read = index.read(builtin(), trusted=False)
    assert read is not None, "rules or mappings changed: make index"
    assert read == read_builtin(builtin())


def test_an_index_written_again_is_the_same_bytes(copy: Path) -> None:
    before = (copy / "rules" / "index.json").read_bytes()
    index.write(read_builtin(str(copy)), str(copy))
    assert (copy / "rules" / "index.json").read_bytes() == before


@pytest.mark.parametrize("changed", ["rules/aws/s3/s3-encryption/rule.yaml", "mappings/controls.yaml"])
def test_an_edited_file_is_read_from_its_yaml(copy: Path, changed: str) -> None:
    file = copy / changed
    file.write_text(file.read_text() + "\n# edited\n")
    assert index.read(str(copy), trusted=False) is None


def test_a_rule_that_came_or_went_makes_the_index_stale(copy: Path) -> None:
    shutil.rmtree(copy / "rules" / "aws" / "s3" / "s3-encryption")
    assert index.read(str(copy), trusted=False) is None


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_damaged_index_is_no_index(copy: Path, text: str) -> None:
    (copy / "rules" / "index.json").write_text(text)
    assert index.read(str(copy), trusted=False) is None
