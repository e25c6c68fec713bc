"""The report on a period in a browser: it renders alone, light, dark and on paper, and a hostile name runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from browser import Page, found, opened
from test_html_browser import CONTRASTS
from test_period import CONTROL, day, finding, of_controls, record, told

from soc2gate.evidence import telling
from soc2gate.output import period_html

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(found() is None, reason="NOT RUN: no chromium on PATH (apt-get install chromium)"),
]
HOSTILE = "</style><script>document.title = 'ran'</script><img src=x onerror=document.title='ran'>"


def document(name: str = "sg.a") -> dict[str, Any]:
    failing = {**finding(), "address": name, "control": "public-exposure"}
    records = [
        of_controls(record(1, "a", day(3), code="pass", live="pass"), {**CONTROL, "owner": name}),
        of_controls(
            record(2, "b", day(9), code="fail", findings=[failing], reported={"direct_push": True}),
            {**CONTROL, "owner": name, "statement": name},
        ),
    ]
    return telling.document(told(records, "a", "b", "c", ends=day(25), verify_every_hours=48, sample=1, seed="x"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(period_html.render(document()), encoding="utf-8")
    with opened(folder / "report.html", folder / "profile") as shown:
        yield shown


def test_it_renders_and_asks_the_network_nothing(page: Page) -> None:
    assert page.value("document.title") == "Evaluation records, 2026-03-01 to 2026-03-25"
    assert page.value("document.scripts.length") == 0
    assert page.value("getComputedStyle(document.querySelector('.cards')).display") == "flex"
    asked = {
        event["params"]["request"]["url"] for event in page.said if event.get("method") == "Network.requestWillBeSent"
    }
    assert {url.partition(":")[0] for url in asked} == {"file"}
    assert [event for event in page.said if event.get("method") == "Log.entryAdded"] == []


def test_axe_finds_nothing_that_keeps_people_out(page: Page, axe: str) -> None:
    assert page.barriers(axe) == []


def test_each_week_of_the_map_shows_the_worst_that_held_in_it(page: Page) -> None:
    cells = page.value("[...document.querySelectorAll('svg .cell')].map(one => one.querySelector('title').textContent)")
    assert cells == [
        "CC6.6, 2026-03-01 to 2026-03-08: no data",
        "CC6.6, 2026-03-08 to 2026-03-15: failed",
        "CC6.6, 2026-03-15 to 2026-03-22: failed",
        "CC6.6, 2026-03-22 to 2026-03-25: failed",
    ]
    fills = page.value("[...document.querySelectorAll('svg .cell rect')].map(one => getComputedStyle(one).fill)")
    assert fills[0] != fills[1]


def test_every_link_leads_somewhere_and_every_digest_is_there(page: Page) -> None:
    lost = page.value(
        "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
        ".filter(to => !document.getElementById(to.slice(1)))"
    )
    assert lost == []
    assert page.value("document.getElementById('record-2').textContent").startswith("2")


def test_a_reader_by_ear_or_by_keyboard_finds_everything(page: Page) -> None:
    nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
    roles = {"link", "table", "region", "article", "image"}
    seen = [node for node in nodes if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    assert {node["role"]["value"] for node in seen} >= {"link", "table", "region", "article", "image"}
    assert [node["role"]["value"] for node in seen if not node.get("name", {}).get("value")] == []
    unreachable = "[...document.querySelectorAll('.wide, pre')].filter(one => one.tabIndex !== 0).length"
    assert page.value(unreachable) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, scheme: str) -> None:
    page.emulate(scheme=scheme)
    ratios = page.value(CONTRASTS)
    page.emulate()
    assert ratios
    assert min(ratio for _, ratio in ratios) >= 4.5, sorted(ratios, key=lambda pair: pair[1])[:5]


def test_it_prints(page: Page) -> None:
    page.emulate(media="print")
    # What the sections are called leads to them in a PDF too.
    assert page.value("getComputedStyle(document.querySelector('nav')).display") == "block"
    assert page.value("getComputedStyle(document.querySelector('.skip')).display") == "none"
    assert page.pdf().startswith(b"%PDF")
    page.emulate()


def test_a_hostile_name_is_text(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(period_html.render(document(HOSTILE)), encoding="utf-8")
    with opened(file, tmp_path / "profile") as page:
        assert page.value("document.title") == "Evaluation records, 2026-03-01 to 2026-03-25"
        assert page.value("document.scripts.length + document.images.length") == 0
        assert HOSTILE in page.value("document.body.textContent")
