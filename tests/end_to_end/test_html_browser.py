"""The page in a browser: it renders, its filters work, it prints, and a hostile name runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

import runs_for_tests as given
from browser import Page, found, opened

from soc2gate.facts import replace
from soc2gate.model.outcome import EngineUse
from soc2gate.output import html

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(found() is None, reason="NOT RUN: no chromium on PATH (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(html.render(given.a_run(folder)), encoding="utf-8")
    with opened(folder / "report.html", folder / "profile") as shown:
        yield shown


def visible(page: Page) -> list[str]:
    told: list[str] = page.value(
        "[...document.querySelectorAll('.item')].filter(item => item.offsetParent).map(item => "
        "item.querySelector('h3').textContent.trim())"
    )
    return told


def choose(page: Page, name: str, value: str) -> None:
    page.value(
        f"(() => {{ const field = document.getElementById('filters').elements[{name!r}]; field.value = {value!r};"
        "field.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


@pytest.fixture(autouse=True)
def _show_all(page: Page) -> None:
    page.emulate()
    page.value("new Promise(done => { document.getElementById('filters').reset(); setTimeout(done, 5); })")


def test_it_renders_with_its_own_style_and_asks_the_network_nothing(page: Page) -> None:
    assert page.value("document.title") == "soc2gate verify: gate closed (exit 1)"
    assert page.value("getComputedStyle(document.querySelector('.sides')).display") == "grid"
    asked = {
        event["params"]["request"]["url"] for event in page.said if event.get("method") == "Network.requestWillBeSent"
    }
    assert {url.partition(":")[0] for url in asked} == {"file"}
    assert [event for event in page.said if event.get("method") == "Log.entryAdded"] == []


def test_filters_leave_what_was_asked_for(page: Page) -> None:
    everything = visible(page)
    assert len(everything) == 6
    choose(page, "severity", "critical")
    assert visible(page) == ["no-ssh"]
    assert page.value("document.getElementById('count').textContent") == "1 of 6 shown"
    choose(page, "severity", "")
    choose(page, "text", "stray")
    assert visible(page) == ["not in code: arn:aws:s3:::stray"]
    choose(page, "text", "")
    choose(page, "criterion", "CC6.1")
    assert visible(page) == [
        "changed: aws_s3_bucket.logs BucketEncryption",
        "could not be compared: aws_s3_bucket.logs VersioningConfiguration",
    ]
    choose(page, "criterion", "")
    assert visible(page) == everything


def test_findings_of_another_engine_can_be_looked_at_alone(tmp_path: Path) -> None:
    run = given.a_run(tmp_path)
    failing = [item for item in run.findings if item.verdict.value == "fail" and item.waiver is None]
    other = replace(failing[0], engine="KICS two", rule="a-query", fingerprint="f" * 64)
    use = EngineUse("KICS two", "2.1", "kics.sarif", "", 1, 0, 0, 0, 0, {}, {}, {})
    (tmp_path / "report.html").write_text(
        html.render(replace(run, findings=(*run.findings, other), engines=(use,))), encoding="utf-8"
    )
    with opened(tmp_path / "report.html", tmp_path / "profile") as shown:
        everything = visible(shown)
        assert "a-query" in everything
        choose(shown, "engine", "KICS-two")
        assert visible(shown) == ["a-query"]
        choose(shown, "engine", "soc2gate")
        assert visible(shown) == [name for name in everything if name != "a-query"]


def test_filters_are_reached_and_used_by_keyboard(page: Page) -> None:
    page.value("document.querySelector('#filters select[name=severity]').focus()")
    page.ask("Input.dispatchKeyEvent", type="keyDown", key="c", text="c")
    page.ask("Input.dispatchKeyEvent", type="keyUp", key="c")
    assert visible(page) == ["no-ssh"]


def test_every_control_has_a_name_and_every_section_a_heading(page: Page) -> None:
    nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
    roles = {"textbox", "searchbox", "combobox", "button", "link", "table", "region"}
    seen = [node for node in nodes if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    assert len(seen) > 8
    assert [node["role"]["value"] for node in seen if not node.get("name", {}).get("value")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_people_out(page: Page, axe: str, scheme: str) -> None:
    page.emulate(scheme=scheme)
    assert page.barriers(axe) == []


def test_axe_finds_nothing_on_the_page_of_a_change_either(tmp_path: Path, axe: str) -> None:
    (tmp_path / "report.html").write_text(html.render(given.a_change()), encoding="utf-8")
    with opened(tmp_path / "report.html", tmp_path / "profile") as shown:
        assert shown.barriers(axe) == []


def test_dark_follows_the_reader(page: Page) -> None:
    def paper() -> str:
        return str(page.value("getComputedStyle(document.body).backgroundColor"))

    light = paper()
    page.emulate(scheme="dark")
    assert (light, paper()) == ("rgb(255, 255, 255)", "rgb(15, 20, 25)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, scheme: str) -> None:
    page.emulate(scheme=scheme)
    ratios = page.value(CONTRASTS)
    assert ratios
    assert min(ratio for _, ratio in ratios) >= 4.5, sorted(ratios, key=lambda pair: pair[1])[:5]


def test_it_prints_without_its_filters(page: Page) -> None:
    page.emulate(media="print")
    assert page.value("getComputedStyle(document.getElementById('filters')).display") == "none"
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("text", [given.HOSTILE, '" onmouseover="document.title=1" x="', "javascript:document.title=1"])
def test_a_hostile_name_is_text(tmp_path: Path, text: str) -> None:
    file = tmp_path / "report.html"
    file.write_text(html.render(given.hostile(given.a_run(), text)), encoding="utf-8")
    with opened(file, tmp_path / "profile") as page:
        assert page.value("document.title") == "soc2gate verify: gate closed (exit 1)"
        assert page.value("document.scripts.length") == 1
        assert page.value("document.images.length") == 0
        assert page.value("[...document.querySelectorAll('a')].filter(a => a.protocol !== 'file:').length") == 0
        handlers = (
            "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames()).filter(n => /^on/.test(n))"
        )
        assert page.value(handlers) == []
        assert text in page.value("document.body.textContent")


CONTRASTS = """
(() => {
  const light = c => { const v = c / 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => .2126 * light(r) + .7152 * light(g) + .0722 * light(b);
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(one => one.offsetParent && [...one.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(one => {
      const a = luminance(parts(getComputedStyle(one).color)), b = luminance(ground(one));
      return [one.className || one.tagName, (Math.max(a, b) + .05) / (Math.min(a, b) + .05)];
    });
})()
"""
