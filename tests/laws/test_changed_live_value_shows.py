"""A live value that is another one is written as another one: without that, reading back equal would mean little."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from live_by_hand import live, read_again
from live_of_any_kind import IDENTITY, TEXTS, WRITABLE, changed, leaves, plain, properties, value_of

from soc2gate.engine import differences as spelled
from soc2gate.engine.compare import spelling_of
from soc2gate.engine.read_back import not_the_same
from soc2gate.into_code.hcl import writer
from soc2gate.into_code.resources import Suggested, suggest
from soc2gate.into_code.text import Text
from soc2gate.model.resource import Resource
from soc2gate.schema.types import Type


def written(runs: Resource) -> tuple[Suggested, str]:
    text = Text(writer(), [suggest(runs, "it")])
    return text.suggested[0], text.of(text.suggested[0])


def says(text: str, runs: Resource) -> dict[str, str]:
    """What the text says otherwise than a live resource."""
    declared = next(one for one in read_again(text) if one.kind == runs.kind)
    return not_the_same(declared, runs)


def differ(runs: Resource, other: Resource, name: str) -> bool:
    one, two = ({name: it.properties[name]} for it in (runs, other))
    spelling = spelling_of(runs.kind)
    found = spelled.differences(one, two, read=lambda _: True, spelling=spelling, resolve=lambda _: None)
    return any(True for _ in found)


def shown(before: Resource, after: Resource) -> set[str]:
    """The properties whose change shows in what is written. Those that do not are named there, or it is no change."""
    _, text = written(before)
    other, changed_text = written(after)
    if not other.blocks:
        return set()
    unlike, unlike_before = says(changed_text, after), says(changed_text, before)
    named = {re.split(r"[.\[:]", left.path)[0] for left in other.left}
    # A variable stands for what is not known, or not kept.
    named |= unlike.keys() if other.variables else set()
    differing = {name for name in before.properties if differ(before, after, name)}
    assert unlike.keys() <= named
    assert differing - named <= unlike_before.keys()
    assert text != changed_text or not differing - named
    return differing - named


@st.composite
def changes(draw: st.DrawFn) -> tuple[Resource, Resource, str]:
    kind = draw(st.sampled_from(WRITABLE))

    def leaf(type_: Type, path: str) -> Any:
        return value_of(type_, draw(st.integers(0, 9)), draw(st.sampled_from(TEXTS)))

    made = properties(kind, leaf, lambda path: draw(st.booleans()))
    assume(made)
    path = draw(st.sampled_from(list(leaves(made))))
    return live(kind, IDENTITY, made), live(kind, IDENTITY, changed(made, path)), str(path[0])


@settings(max_examples=25, deadline=None)
@given(changes())
def test_a_changed_live_value_shows_in_what_is_written_or_is_named(change: tuple[Resource, Resource, str]) -> None:
    before, after, name = change
    assume(differ(before, after, name))
    assert shown(before, after) <= {name}


def test_every_kind_shows_its_properties(golden: Callable[[str, str], None]) -> None:
    """Of each kind, the properties whose change shows; a kind without any would make the law above say nothing."""
    lines = []
    for kind in WRITABLE:
        whole = properties(kind, plain, lambda path: True)
        other = whole
        for path in {path[0]: path for path in leaves(whole)}.values():
            other = changed(other, path)
        found = shown(live(kind, IDENTITY, whole), live(kind, IDENTITY, other))
        lines.append(f"{kind}: {', '.join(sorted(found)) or '-'}")
    golden("into-code.txt", "\n".join(lines) + "\n")
