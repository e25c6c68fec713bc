"""The page as text: whole, alone, and inert, also where no browser is at hand to try it."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import runs_for_tests as given

from soc2gate.output import html


class Reading(HTMLParser):
    """Tags in order, attributes, and whether every tag that was opened is closed."""

    VOID = frozenset({"meta", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.stack: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] not in ("script", "style") and data.strip():
            self.text.append(data.strip())


def test_the_page_says_this(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    reading = Reading(html.render(given.a_run(tmp_path)))
    assert reading.stack == []
    golden("report-page.txt", "\n".join(reading.text) + "\n")


def test_a_change_says_this(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    reading = Reading(html.render(given.a_change(tmp_path)))
    assert reading.stack == []
    golden("report-change-page.txt", "\n".join(reading.text) + "\n")


def test_it_needs_nothing_from_anywhere() -> None:
    reading = Reading(html.render(given.a_run()))
    names = {name for name, _ in reading.attributes}
    assert {"src", "srcset", "action", "style"}.isdisjoint(names)
    assert all((value or "").startswith("#") for name, value in reading.attributes if name == "href")
    text = html.render(given.a_run())
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize(
    "text", [given.HOSTILE, "\"'><svg/onload=alert(1)>", "</style><style>*{display:none}", "{{7*7}}"]
)
def test_a_hostile_name_adds_no_tag_and_no_attribute(text: str) -> None:
    plain, hostile = (Reading(html.render(given.hostile(given.a_run(), name))) for name in ("x", text))
    assert hostile.tags == plain.tags
    assert [name for name, _ in hostile.attributes] == [name for name, _ in plain.attributes]


def test_a_name_that_reorders_or_hides_text_is_shown_for_what_it_is() -> None:
    text = html.render(given.hostile(given.a_run(), "a\u202egpj.exe\u200b\x1b[31m"))
    assert "a\\u202egpj.exe\\u200b\\x1b[31m" in text
    assert "\u202e" not in text


def test_only_our_script_may_run() -> None:
    text = html.render(given.a_run())
    script = text.split("<script>")[1].split("</script>")[0]
    assert f"script-src &#x27;{html.digest(script)}&#x27;" in text


def test_the_line_that_decided_is_quoted_and_marked(tmp_path: Path) -> None:
    text = html.render(given.a_run(tmp_path))
    assert "<span class=hit><i>7 │ </i>    cidr_blocks = [&quot;0.0.0.0/0&quot;]" in text


def test_a_source_file_that_has_gone_leaves_the_excerpt_out() -> None:
    assert "<pre" not in html.render(given.a_run())
