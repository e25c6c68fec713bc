"""Each report lands in the file that was meant for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2gate.cli.options import _paired


@pytest.mark.parametrize(
    ("formats", "outputs", "expected"),
    [
        (["text", "html"], ["r.html"], [("text", None), ("html", "r.html")]),
        (["json", "text"], ["r"], [("json", "r"), ("text", None)]),
        (["json"], ["r.html"], [("json", "r.html")]),
        (["text", "sarif", "junit"], ["a.sarif", "b.txt"], [("text", "b.txt"), ("sarif", "a.sarif"), ("junit", None)]),
        (["json", "json"], ["a.json", "b.json"], [("json", "a.json"), ("json", "b.json")]),
    ],
)
def test_a_file_goes_with_the_format_its_name_ends_in_else_with_the_next_free_one(
    formats: list[str], outputs: list[str], expected: list[tuple[str, str | None]]
) -> None:
    paired = _paired(formats, [Path(name) for name in outputs])
    assert [(name, str(path) if path else None) for name, path in paired] == expected
