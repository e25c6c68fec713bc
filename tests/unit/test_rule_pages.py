"""The pages beside rules say what the rules say today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from soc2gate import packs
from soc2gate.cli.rules import rules
from soc2gate.packs.pages import pages

BASE = Path(packs.builtin())


def test_our_pages_are_up_to_date() -> None:
    stale = [page.path for page in pages(packs.load(), BASE / "rules", BASE / "mappings") if page.stale]
    assert stale == [], "run `soc2gate rules docs`"


@pytest.fixture(scope="module")
def page() -> str:
    """Of a rule with something in every part of it."""
    found = {page.path.parent.name: page.text for page in pages(packs.load(), BASE / "rules" / "kubernetes" / "rbac")}
    return found["k8s-no-token-automount"]


def test_a_page_gives_each_criterion_with_its_reason(page: str) -> None:
    [line] = [line for line in page.splitlines() if line.startswith("- **CC6.1**")]
    assert "a token lying in every container" in line


def test_a_page_repeats_what_the_rule_remarks_on_its_choices(page: str) -> None:
    assert "What a pod says wins over what its account says" in page


def test_a_page_shows_the_plainest_example_and_names_the_others(page: str) -> None:
    examples = page[page.index("## Examples") :]
    shown, listed = examples.split("The rest of what")
    assert "serviceAccountName: web" in shown
    assert "(fail-default-account.k8s.yaml): Kubernetes makes the account" in listed
    assert "(fail.k8s.yaml)" not in listed


def test_a_page_says_when_it_is_unknown_and_in_whose_words(page: str) -> None:
    unknown = page[page.index("## When it is unknown") :]
    assert "“list serviceaccounts was denied (Forbidden)" in unknown
    assert "declares its service account web" in unknown


def test_a_page_says_where_the_answer_is_never_unknown() -> None:
    found = {page.path.parent.name: page.text for page in pages(packs.load(), BASE / "rules" / "kubernetes" / "rbac")}
    assert "**Live:** never" in found["k8s-rbac-no-exec"]


def test_every_link_on_our_pages_leads_somewhere() -> None:
    import re

    for page in pages(packs.load(), BASE / "rules", BASE / "mappings"):
        # Patterns in an expression look like links.
        text = re.sub(r"```.*?```", "", page.text, flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.path.parent / target).exists(), f"{page.path}: {target}"


def test_check_tells_what_is_stale_and_docs_mends_it(tmp_path: Path) -> None:
    pack = tmp_path / "policy"
    mine = pack / "rules" / "my-exec"
    shutil.copytree(BASE / "rules" / "kubernetes" / "rbac" / "k8s-rbac-no-exec", mine)
    (mine / "README.md").unlink()
    rule = mine / "rule.yaml"
    rule.write_text(rule.read_text().replace("id: k8s-rbac-no-exec", "id: my-exec"))
    run = CliRunner()

    def said(*more: str) -> tuple[int, str]:
        done = run.invoke(rules, ["docs", "--rules", str(pack), *more], standalone_mode=False)
        assert done.exception is None, done.exception
        return done.return_value, done.output

    assert said("--check")[0] == 1
    assert not (mine / "README.md").exists()
    assert said()[0] == 0
    assert said("--check") == (0, "0 pages out of date\n")
    rule.write_text(rule.read_text().replace("title: No role", "title: Not one role"))
    code, told = said("--check")
    assert code == 1
    assert "README.md is out of date; run `soc2gate rules docs`" in told
    assert "Not one role" not in (mine / "README.md").read_text()
