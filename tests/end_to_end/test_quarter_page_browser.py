"""The page on three months of a company in a browser: every section, on a desk, on a telephone and on paper."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from browser import Page, found, opened
from test_html_browser import CONTRASTS

if TYPE_CHECKING:
    from quarter import Quarter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(found() is None, reason="NOT RUN: no chromium on PATH (apt-get install chromium)"),
]
SECTIONS = {
    "summary": "Summary",
    "map": "Criteria by week",
    "gaps": "Gaps, worst first",
    "population": "Population",
    "controls": "Controls",
    "scope": "In scope, and read",
    "people": "Evidence that people bring",
    "access": "Reviews of access",
    "exceptions": "Exceptions",
    "unlooked": "What was not looked at",
    "verify": "How to verify",
    "records": "Records named here",
}


@pytest.fixture(scope="module")
def said(quarter: Quarter) -> dict[str, Any]:
    return quarter.document()


@pytest.fixture(scope="module")
def page(quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(quarter.report("html"), encoding="utf-8")
    with opened(folder / "report.html", folder / "profile") as shown:
        yield shown


@pytest.fixture(autouse=True)
def _on_a_desk(page: Page) -> None:
    page.emulate()
    wide(page, 1280)


def wide(page: Page, width: int) -> None:
    page.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)


def rows(page: Page, section: str, caption: str = "") -> list[list[str]]:
    """The cells of a section's table, as text."""
    told: list[list[str]] = page.value(
        f"[...document.querySelectorAll('section[aria-labelledby={section}] table')]"
        f".filter(table => table.caption.textContent.includes({caption!r})).slice(0, 1)"
        ".flatMap(table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent.trim())))"
    )
    return told


def test_it_has_every_section_with_something_in_it(page: Page) -> None:
    titles = page.value(
        "Object.fromEntries([...document.querySelectorAll('h2')].map(one => [one.id, one.textContent]))"
    )
    assert {name: title.partition(" (")[0] for name, title in titles.items()} == SECTIONS
    tables = ("map", "gaps", "population", "controls", "scope", "people", "access", "exceptions", "records")
    assert [name for name in tables if not rows(page, name)] == []


@pytest.mark.parametrize("width", [360, 800, 1030, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    wide(page, width)
    too_wide = page.value(
        "[...document.querySelectorAll('body *')].filter(one => !one.closest('.wide svg') && "
        "one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map(one => `${(one.closest('main > section') || one).getAttribute('aria-labelledby')} ${one.tagName} "
        "${one.textContent.slice(0, 40)}`)"
    )
    assert too_wide == []
    assert page.value("document.documentElement.scrollWidth") <= width


def test_on_a_telephone_each_cell_says_which_column_it_is_of(page: Page) -> None:
    wide(page, 360)
    unnamed = page.value(
        "[...document.querySelectorAll('.rows td')].filter(cell => "
        "getComputedStyle(cell, '::before').content.length < 3).length"
    )
    assert unnamed == 0
    assert page.value("document.querySelectorAll('.rows td').length") > 500


def test_every_link_leads_somewhere_and_no_name_is_given_twice(page: Page) -> None:
    lost = page.value(
        "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
        ".filter(to => !document.getElementById(to.slice(1)))"
    )
    assert lost == []
    names = page.value("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert [name for name, number in Counter(names).items() if number > 1] == []


def test_every_control_is_reached_from_the_overview_and_from_its_gaps(page: Page, said: dict[str, Any]) -> None:
    controls = list(said["controls"])
    assert [row[0] for row in rows(page, "controls")] == controls
    for name in controls:
        article = page.value(f"document.getElementById('control-{name}').textContent")
        for row in said["controls"][name]["evidence"]["newest"]:
            assert row["sha256"] in article
        for one in (one for one in said["deviations"] if one["control"] == name):
            assert one["told"] in article
    linked = set(page.value("[...document.querySelectorAll('#gaps ~ .rows a')].map(a => a.textContent)"))
    assert linked == {gap["control"] for gap in said["gaps"] if gap["control"]}


def test_who_reads_by_ear_hears_every_cell_of_the_map(page: Page, said: dict[str, Any]) -> None:
    nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
    names = [
        node["name"]["value"]
        for node in nodes
        if node.get("role", {}).get("value") == "image" and not node.get("ignored")
    ]
    cells = [name for name in names if re.fullmatch(r"\S+, [-\d]+ to [-\d]+: [a-z ]+", name)]
    criteria = [row[0] for row in rows(page, "map")]
    # 92 days begin 14 weeks.
    assert Counter(name.partition(",")[0] for name in cells) == dict.fromkeys(criteria, 14)
    assert page.value("document.querySelectorAll('svg .cell').length") == len(cells)


def test_the_names_of_criteria_and_the_signs_of_cells_can_be_read(page: Page) -> None:
    cut = page.value(
        "(() => { const left = document.querySelector('svg.heat').getBoundingClientRect().left;"
        "return [...document.querySelectorAll('svg .name')].filter(one => one.getBoundingClientRect().left < left)"
        ".map(one => one.textContent) })()"
    )
    assert cut == []
    over = page.value(
        "[...document.querySelectorAll('svg .cell')].filter(one => one.querySelector('text').getBoundingClientRect()"
        ".width > one.querySelector('rect').getBoundingClientRect().width).length"
    )
    assert over == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_that_keeps_people_out(page: Page, axe: str, width: int) -> None:
    wide(page, width)
    assert page.barriers(axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, scheme: str) -> None:
    page.emulate(scheme=scheme)
    ratios = page.value(CONTRASTS)
    assert ratios
    assert min(ratio for _, ratio in ratios) >= 4.5, sorted(ratios, key=lambda pair: pair[1])[:5]


def test_what_stands_in_several_places_is_the_same_everywhere(page: Page, said: dict[str, Any]) -> None:
    summary = page.value("document.getElementById('summary').parentElement.innerText")
    people = said["population"]
    assert people["commits"] == people["attested"] + people["attested_by_tree"] + people["unattested"]
    assert f"{people['unattested']} of {people['commits']} changes have no record" in summary
    assert len(rows(page, "population")) == people["commits"]
    assert len(rows(page, "gaps")) == len(said["gaps"])
    kinds = page.value("document.querySelector('#gaps + p').textContent")
    assert sum(map(int, re.findall(r"(?:^|, )(\d+) ", kinds))) == len(said["gaps"])
    still = sum(row["closed_as"] == "open" for row in said["deviations"])
    assert sum(gap["what"] in ("finding", "disagreement") for gap in said["gaps"]) == still
    ends = re.search(r"exceptions\n(.*)\nof those open: (.*)\n", summary)
    assert ends is not None
    assert sum(map(int, re.findall(r"\d+", ends[1]))) == len(said["deviations"]) == len(rows(page, "exceptions"))
    assert sum(map(int, re.findall(r"\d+", ends[2]))) == still
    whole = sum(next(iter(said["criteria"].values()))["seconds"].values())
    assert {sum(one["seconds"].values()) for one in said["criteria"].values()} == {whole}


def test_places_reviews_and_slots_are_told_in_words(page: Page) -> None:
    places = {row[0]: row[1:] for row in rows(page, "scope")}
    assert places["account 210987654321"][:2] == ["not read", "never"]
    assert places["account 123456789012"][:2] == ["read, with gaps", "9 times"]
    assert places["repository github.com/acme/shop"][0] == "not read"
    slots = {row[0]: row[1:] for row in rows(page, "people")}
    minutes = slots["Minutes of the board's security review"]
    # Of 6 July, for 60 days: 4 September is the last that counts.
    assert (minutes[0], minutes[4], minutes[5]) == ("stale", "2026-07-06", "2026-09-04")
    assert slots["Reviews of vendors"][0] == "missing"
    reviews = {row[0].rpartition(":")[2]: row[1:] for row in rows(page, "access")}
    assert {name: row[0] for name, row in reviews.items()} == {
        "user/old": "still there",
        "user/new": "never reviewed",
        "user/bob": "reviewed late",
        "user/ann": "reviewed on time",
        "root": "reviewed on time",
        "role/deploy": "overdue",
        "role/contractors-who-help-with-the-migration-of-the-order-history": "never reviewed",
    }
    assert reviews["user/old"][5].startswith("remove (Eve Stone, 2026-07-10): left in June, record ")


def test_the_command_on_the_page_gives_the_same_report(page: Page, quarter: Quarter, said: dict[str, Any]) -> None:
    command = page.value("document.querySelector('.commands pre').textContent")
    words = shlex.split(command.replace("LEDGER", "../ledger").replace("KEYS", "../keys.json"))
    assert words[0] == "soc2gate"
    again = json.loads(quarter.report("json", *words[1:]))
    # The command names the head that the page saw, so that an end cut off since is noticed.
    assert again == said | {"anchored_at": max(map(int, said["records"]))}


def test_on_paper_it_is_whole(page: Page) -> None:
    from pypdf import PdfReader

    page.emulate(media="print")
    pdf = PdfReader(io.BytesIO(page.pdf()))
    # Some forty pages of A4; a table that ran over the edge would make more, a lost section fewer.
    assert 20 <= len(pdf.pages) <= 70
    pages = [one.extract_text() for one in pdf.pages]
    assert [number for number, text in enumerate(pages) if len(text) < 60] == []
    # A font may have one glyph for the two letters of “first”.
    text = unicodedata.normalize("NFKC", " ".join(" ".join(pages).split()))
    assert [title for title in SECTIONS.values() if title not in text] == []
    assert "1 / " in pages[0]
    links = [one for each in pdf.pages for one in each.get("/Annots", []) if one.get_object()["/Subtype"] == "/Link"]
    assert len(links) > 100


def test_on_paper_nothing_is_cut_off_at_the_edge(page: Page) -> None:
    page.emulate(media="print")
    # A4 less its margins, at 96 dots an inch.
    wide(page, 688)
    cut = page.value(
        "[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > 690 "
        "&& !one.closest('svg')).map(one => `${one.tagName} ${one.textContent.slice(0, 40)}`)"
    )
    assert cut == []
