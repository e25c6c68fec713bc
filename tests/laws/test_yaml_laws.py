"""Laws of reading YAML and JSON: data survives, places point at what they name, and nothing ends in a crash."""

from __future__ import annotations

import json

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from soc2gate.errors import InputError
from soc2gate.yaml_lines import YamlValue, load, load_all

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
data = st.recursive(
    scalars, lambda children: st.lists(children, max_size=4) | st.dictionaries(texts, children, max_size=4)
)


@settings(deadline=None)
@given(data, st.sampled_from([None, 1, "\t"]))
def test_what_json_writes_is_read_back(value: YamlValue, indent: int | str | None) -> None:
    assert load(json.dumps(value, indent=indent), "a.json").data == value


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), data, max_size=5), st.booleans())
def test_json_and_yaml_readers_agree_on_json(value: dict[str, YamlValue], spread: bool) -> None:
    text = json.dumps(value, indent=2 if spread else None, ensure_ascii=False)
    as_json, as_yaml = load(text, "a.json"), load("# yaml\n" + text, "a.yaml")
    # libyaml reads the next-line character as a line break inside quotes; JSON does not.
    if not any(mark in text for mark in "\x85\u2028\u2029\ufeff"):
        assert as_json.data == as_yaml.data


names = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
plain_data = st.recursive(
    st.booleans() | st.integers(-1000, 1000) | names,
    lambda children: st.lists(children, min_size=1, max_size=4) | st.dictionaries(names, children, min_size=1),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(names, plain_data, min_size=1), st.sampled_from([True, False]))
def test_places_point_at_the_key_they_name(value: dict[str, YamlValue], flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, width=1000)
    lines = text.split("\n")
    document = load(text, "a.yaml")
    for path, span in document.places().items():
        if not path.endswith("]"):
            key = path.rsplit(".", 1)[-1]
            assert lines[span.line - 1][span.column - 1 :].lstrip("'\"").startswith(key)
        assert span.line <= span.end_line <= document.end_line


@settings(deadline=None)
@given(st.text(st.sampled_from("ab:-?[]{}\"'|>&*!#%@`,\n\t ~0<\\"), max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for path in ("a.yaml", "a.json"):
        error = _error(text, path)
        assert error is None or (error.path == path and error.line > 0)


def _error(text: str, path: str) -> InputError | None:
    try:
        load_all(text, path)
    except InputError as error:
        return error
    return None
