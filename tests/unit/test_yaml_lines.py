"""YAML and JSON with positions: what is read, where it stood, and what is refused."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from soc2gate.errors import InputError, RefusedError
from soc2gate.yaml_lines import Document, Tagged, YamlValue, load, load_all, split_path


def read(text: str, path: str = "a.yaml") -> YamlValue:
    return load(text, path).data


def where(document: Document, path: str) -> tuple[int, int, int]:
    span = document.place(path)
    return span.line, span.column, span.end_line


def test_short_form_tags_stay_as_nodes() -> None:
    assert read("a: !Ref b\nc: !GetAtt [d, e]\nf: !Sub {g: !Ref h}") == {
        "a": Tagged("Ref", "b"),
        "c": Tagged("GetAtt", ["d", "e"]),
        "f": Tagged("Sub", {"g": Tagged("Ref", "h")}),
    }


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("Yes", True),
        ("off", False),
        ("y", "y"),
        ("~", None),
        ("", None),
        ("0644", 420),
        ("0o17", 15),
        ("-0x1F", -31),
        ("012345678901", "012345678901"),
        ("012345670123", "012345670123"),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        ("+", "+"),
        ("2012-10-17", "2012-10-17"),
        ("2012-10-17T00:00:00Z", "2012-10-17T00:00:00Z"),
        ("12:30", "12:30"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("'true'", "true"),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("!!int '3'", 3),
        ("! 1", "1"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("=", "="),
    ],
)
def test_scalars_read_as_yaml_1_1_without_its_surprises(written: str, value: object) -> None:
    found = read(f"a: {written}\n")
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(value)


def test_very_long_digits_stay_text() -> None:
    assert read("a: " + "9" * 5000) == {"a": "9" * 5000}


def test_keys_are_text_as_written() -> None:
    assert read("80: a\non: b\n1.0: c\n~: d") == {"80": "a", "on": "b", "1.0": "c", "~": "d"}


PLACES = """\
a: |

   text
   two


list:
- one
- k: v
  m: >-
    foo bar
    baz
- {x: 1,
   y: [2]
  }
empty:
last: 1
"""


def test_every_key_and_element_knows_its_lines() -> None:
    document = load(PLACES, "a.yaml")
    assert {path: (span.line, span.column, span.end_line) for path, span in document.places().items()} == {
        "a": (1, 1, 4),
        "list": (7, 1, 15),
        "list[0]": (8, 3, 8),
        "list[1]": (9, 3, 12),
        "list[1].k": (9, 3, 9),
        "list[1].m": (10, 3, 12),
        "list[2]": (13, 3, 15),
        "list[2].x": (13, 4, 13),
        "list[2].y": (14, 4, 14),
        "list[2].y[0]": (14, 8, 14),
        "empty": (16, 1, 16),
        "last": (17, 1, 17),
    }


def test_a_path_that_leads_nowhere_stands_where_its_ancestor_does() -> None:
    document = load(PLACES, "a.yaml")
    assert where(document, "list[1].nothing.here") == (9, 3, 12)
    assert where(document, "") == (1, 1, 17)


def test_containers_answer_for_their_entries() -> None:
    document = load("a:\n  b: !Join ['', [x, y]]\n", "a.yaml")
    data = document.data
    assert isinstance(data, dict)
    assert isinstance(data["a"], dict)
    assert document.span(data["a"], "b").line == 2
    assert document.span(data["a"]["b"], 1).column == 17
    assert document.value_span(data["a"], "b").column == 6


@pytest.mark.parametrize(
    ("text", "offset", "line", "column"),
    [
        ("a: hello", 1, 1, 5),
        ('a: "hello"', 1, 1, 6),
        ("a: !Sub &x 'it''s'", 3, 1, 17),
        ('a: "\\u0041\\nB"', 2, 1, 13),
        ("a: |\n  one\n  two\n", 5, 3, 4),
        ("a: |-\n\n  one\n", 1, 3, 3),
        ("a: >\n  one\n  two\n", 4, 3, 3),
        ("a: >\n  one\n\n  two\n", 4, 4, 3),
        ("a: one\n  two", 4, 2, 3),
        ('a: "one\\\n  two"', 3, 2, 3),
        ("a:\n  !Sub\n  text", 0, 3, 3),
    ],
)
def test_a_character_of_a_text_has_its_exact_place(text: str, offset: int, line: int, column: int) -> None:
    place = load(text, "a.yaml").text_place("a", offset)
    assert (place.line, place.column) == (line, column)


def test_documents_of_a_stream_know_where_they_begin() -> None:
    documents = load_all("# nothing\n---\na: 1\n---\n---\nb: 2\n", "a.yaml")
    assert [(document.data, document.line) for document in documents] == [({"a": 1}, 3), (None, 5), ({"b": 2}, 6)]


def test_one_document_means_one() -> None:
    assert load("", "a.yaml").data is None
    with pytest.raises(InputError, match=r"a\.yaml:3:1: expected one YAML document"):
        load("a: 1\n---\nb: 1", "a.yaml")


def test_merge_keys_give_way_to_the_mapping_and_keep_their_lines() -> None:
    document = load("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  x: 3\n", "a.yaml")
    assert document.data == {"base": {"x": 1, "y": 2}, "use": {"x": 3, "y": 2}}
    assert where(document, "use.x")[0] == 4
    assert where(document, "use.y")[0] == 1
    assert read("a: &a {k: 1}\nb: &b {k: 2, l: 3}\nc: {<<: [*a, *b]}") == {
        "a": {"k": 1},
        "b": {"k": 2, "l": 3},
        "c": {"k": 1, "l": 3},
    }


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: b: c", 1, 5, "mapping values are not allowed"),
        ("a: 1\nb:\n  c: 1\n  c: 2", 4, 3, "key `c` stands here a second time; the first is on line 3"),
        ("a:\n\t- x", 2, 1, "cannot start any token"),
        ("a: *x", 1, 4, "has no anchor"),
        ("a: &x [*x]", 1, 8, "contains itself"),
        ("? [a]\n: b", 1, 3, "a key must be text"),
        ("a: !!python/object:os.system x", 1, 4, "not one of YAML's data types"),
        ("a: ok\nb: \x07b", 2, 4, "U+0007 is not allowed"),
        ("<<: 1", 1, 5, "expects a mapping"),
        ('{"a": 1, "a": 2}', 1, 10, "second time"),
        ('{"a": [1, 2}', 1, 12, 'expected "," or "]", found `}`'),
        ('{"a": "x', 1, 7, "closing quotation mark"),
    ],
)
def test_broken_text_is_named_with_line_and_column(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_all(text, "a.yaml")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert message in caught.value.message


def test_json_reads_with_tabs_escapes_and_places() -> None:
    document = load('{"a":\t"\\ud83d\\ude00\t",\n\t"b\\n": [1, -2.5e3,\n{"c": null}, true]}', "a.json")
    assert document.data == {"a": "😀\t", "b\n": [1, -2500.0, {"c": None}, True]}
    assert [(span.line, span.column) for span in document.places().values()] == [
        (1, 2),
        (2, 2),
        (2, 10),
        (2, 13),
        (3, 1),
        (3, 2),
        (3, 14),
    ]


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"a" 1}', "{}x", "nul", '"\\x"', "1e999", "9" * 5000])
def test_a_json_file_must_be_json(text: str) -> None:
    with pytest.raises(InputError, match="broken JSON: expected"):
        load_all(text, "a.json")


def test_flow_yaml_that_begins_like_json_is_read() -> None:
    assert read('{"a": 1,} # so') == {"a": 1}


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CHAIN = "a0: &a0 [x]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 10_000))


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        CHAIN,
        "[" * 10_000,
        "{a: " * 10_000,
        '{"a": ' * 10_000,
        "- " * 10_000,
        "\n".join(" " * depth + "a:" for depth in range(10_000)),
    ],
    ids=["laughs", "chain", "flow list", "flow map", "json", "block list", "block map"],
)
@pytest.mark.parametrize("path", ["a.yaml", "a.json"])
def test_bombs_end_in_a_clear_error_within_a_second(text: str, path: str) -> None:
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        load_all(text, path)
    assert time.process_time() - began < 1
    assert caught.value.line > 0
    if path == "a.yaml":
        assert isinstance(caught.value, RefusedError)


def test_pyyaml_without_its_c_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    places: Callable[[], dict[str, object]] = lambda: dict(load(PLACES, "a.yaml").places())  # noqa: E731
    fast = places()
    monkeypatch.setitem(sys.modules, "yaml._yaml", None)
    assert places() == fast
    with pytest.raises(InputError, match="U\\+0007"):
        load_all("a: \x07", "a.yaml")


def test_paths_split_into_steps() -> None:
    assert split_path("a.b[0][1].c") == ["a", "b", 0, 1, "c"]
