"""Inputs that fuzzing found, read again: whatever the bytes, reading a root raises nothing and comes to an end."""

from __future__ import annotations

import json
import time
from pathlib import Path

from terraform_fuzz import CORPUS, FORMS, read_one, seeds

ENTRIES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]


def test_what_fuzzing_once_broke_is_read_without_an_exception(tmp_path: Path) -> None:
    assert ENTRIES
    assert {entry["form"] for entry in ENTRIES} <= set(FORMS)
    for entry in ENTRIES:
        began = time.process_time()
        read_one(entry["form"], entry["text"], tmp_path)
        assert time.process_time() - began < 3, entry["why"]


def test_what_fuzzing_starts_from_is_read_without_an_exception(tmp_path: Path) -> None:
    """Each seed, whole and cut short at some places: a cut leaves quotation marks and brackets open."""
    for form, text in seeds():
        read_one(form, text, tmp_path)
        for part in (3, 2):
            read_one(form, text[: len(text) * part // 4], tmp_path)
