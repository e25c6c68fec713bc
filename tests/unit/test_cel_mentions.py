"""Which properties an expression reads, whatever it comes to."""

from __future__ import annotations

import pytest

from soc2gate.cel.mentions import Mention, mentions
from soc2gate.model.rule import Source


def said(text: str) -> set[str]:
    """Paths of what is read; `…` for all that stands below."""
    found = mentions(Source(text, "rule.yaml", 1))
    return {".".join(one.steps) + ("…" if one.whole else "") for one in found}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('resource.Versioning.Status == "Enabled"', {"Versioning.Status…"}),
        ("has(resource.Logging.Bucket)", {"Logging.Bucket"}),
        ("size(resource.Rules) > 0", {"Rules"}),
        ("resource.Rules.exists(rule, rule.Port == 22)", {"Rules", "Rules.Port…"}),
        ("resource.Rules.exists(rule, open_to_internet(rule))", {"Rules", "Rules…"}),
        ("resource.Rules[0].Port == 22", {"Rules.Port…"}),
        ('resource.metadata.labels["app"] == "x"', {"metadata.labels.app…"}),
        ('"app" in resource.metadata.labels', {"metadata.labels", "metadata.labels.app"}),
        ("(resource.A + resource.B).all(one, one.C)", {"A", "B", "A.C…", "B.C…"}),
        ("resource.A.filter(one, one.On).exists(one, one.B == 1)", {"A", "A.On…", "A.B…"}),
        ("resource.A.map(one, one.B).exists(b, b.C == 1)", {"A", "A.B", "A.B.C…"}),
        ("(resource.On ? resource.A : resource.B).C", {"On…", "A.C…", "B.C…", "A", "B"}),
        ("resource.A.exists(one, one.B.exists(two, two == one.C))", {"A", "A.B", "A.B…", "A.C…"}),
        ("covers_port(resource, 22)", {"…"}),
        ("1 + 1 == 2", set()),
    ],
)
def test_what_is_read_is_told_from_the_text(text: str, read: set[str]) -> None:
    assert said(text) == read


def test_a_list_that_is_gone_through_is_read_and_not_all_that_stands_in_it() -> None:
    through = Mention(("Rules",), whole=False)
    assert through.reads(("Rules",))
    assert not through.reads(("Rules", "Description"))
    assert Mention(("Rules",), whole=True).reads(("Rules", "Description"))
    assert Mention(("Rules", "Port"), whole=False).reads(("Rules",))
