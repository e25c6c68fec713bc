"""The JSON result is spelled by hand, for speed: exactly as the standard library does."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from runs_for_tests import a_change, a_run

from soc2gate.facts import replace
from soc2gate.output.json import _spelled, canonical_result, document, render

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(PLAIN)
def test_plain_data_is_spelled_as_the_standard_library_spells_it(value: object) -> None:
    assert _spelled(value, "\n") == json.dumps(value, indent=2, ensure_ascii=False)  # type: ignore[arg-type]  # of any shape


def test_a_run_and_its_digest_are_spelled_as_from_one_document() -> None:
    for run in (a_run(), a_change(), replace(a_run(), findings=())):
        whole = document(run)
        assert render(run) == json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
        parts = {name: whole[name] for name in ("criteria", "findings", "disagreements", "problems", "decision")}
        assert canonical_result(run) == json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
