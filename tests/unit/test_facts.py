"""Our light dataclasses do what the standard library's do, for all that we use of them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, Generic, TypeVar

import pytest

from soc2gate import facts

T = TypeVar("T")
MANY = 200
"""Enough that the constructor has been compiled."""


@facts.dataclass(frozen=True, slots=True)
class Place:
    """A place."""

    path: str
    line: int = 1
    seen: dict[str, int] = facts.field(default_factory=dict, compare=False)
    secret: str = facts.field(default="", repr=False)

    @property
    def shown(self) -> str:
        return f"{self.path}:{self.line}"


@facts.dataclass(frozen=True, slots=True)
class Far(Place):
    how: str = "far"


@facts.dataclass(frozen=True, slots=True)
class Box(Generic[T]):
    inside: T


@facts.dataclass(slots=True)
class Open:
    name: str
    items: list[str] = facts.field(default_factory=list)


@facts.dataclass(eq=False)
class Node:
    left: Node | None
    line: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    path: str
    line: int = 1
    seen: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    secret: str = dataclasses.field(default="", repr=False)


@pytest.fixture(params=["a few", "many"])
def often(request: pytest.FixtureRequest) -> None:
    """Before and after the constructors are compiled."""
    if request.param == "many":
        for _ in range(MANY):
            Place("warm"), Far("warm"), Box("warm"), Open("warm"), Node(None)


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("a", 2), {}),
    ((), {"path": "a"}),
    (("a",), {"line": 3, "secret": "x"}),
    (("a", 2, {"b": 1}, "s"), {}),
]


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(("given", "named"), ARGUMENTS)
def test_a_fact_holds_compares_and_shows_what_a_dataclass_does(given: Any, named: Any) -> None:
    ours, theirs = Place(*given, **named), Standard(*given, **named)
    assert [getattr(ours, name) for name in Place.__match_args__] == [
        getattr(theirs, name) for name in Standard.__match_args__
    ]
    assert repr(ours) == repr(theirs).replace("Standard", "Place")
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert ours == Place(*given, **named)
    assert hash(ours) == hash(theirs)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("a", 1, {}, "", "more"), {}), (("a",), {"path": "b"}), (("a",), {"nothing": 1})],
)
def test_wrong_arguments_are_refused_in_the_words_of_python(given: Any, named: Any) -> None:
    with pytest.raises(TypeError) as ours:
        Place(*given, **named)
    with pytest.raises(TypeError) as theirs:
        Standard(*given, **named)
    words = str(theirs.value).replace("Standard.__init__", "Place.__new__")
    assert str(ours.value) == words


@pytest.mark.usefixtures("often")
def test_a_frozen_fact_refuses_change_and_has_no_room_for_more() -> None:
    for fact in (Place("a"), Far("a"), Box(1)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            fact.path = "b"  # type: ignore[misc, union-attr]
        with pytest.raises(dataclasses.FrozenInstanceError):
            del fact.path  # type: ignore[union-attr]
        assert not hasattr(fact, "__dict__")


@pytest.mark.usefixtures("often")
def test_every_object_gets_a_collection_of_its_own() -> None:
    assert Place("a").seen is not Place("a").seen
    first, second = Open("a"), Open("b")
    first.items.append("x")
    assert second.items == []
    first.name = "c"
    assert (first.name, first == Open("c", ["x"])) == ("c", True)
    with pytest.raises(TypeError):
        hash(first)


@pytest.mark.usefixtures("often")
def test_what_is_left_out_of_comparison_counts_for_neither_equality_nor_hash() -> None:
    assert Place("a", seen={"x": 1}) == Place("a", seen={"y": 2})
    assert hash(Place("a", seen={"x": 1})) == hash(Place("a"))
    assert Place("a") != Place("a", secret="b")


@pytest.mark.usefixtures("often")
def test_subclasses_and_generic_classes_keep_their_kind() -> None:
    far = Far("a", how="near")
    assert (far.path, far.how, far.shown, isinstance(far, Place)) == ("a", "near", "a:1", True)
    assert far != Place("a")
    assert type(far) is Far
    assert Box[int](1) == Box(1)


@pytest.mark.usefixtures("often")
def test_facts_travel_and_are_replaced() -> None:
    for fact in (Place("a", 2), Far("a", how="b"), Box("x"), Open("a", ["b"])):
        assert pickle.loads(pickle.dumps(fact)) == fact
        assert copy.deepcopy(fact) == fact
    assert facts.replace(Place("a"), line=9) == Place("a", 9)
    assert dataclasses.replace(Place("a"), line=9) == Place("a", 9)
    with pytest.raises(TypeError):
        facts.replace(Place("a"), nothing=9)  # type: ignore[call-arg]


def test_nodes_without_equality_are_told_apart_and_show_themselves_in_a_circle() -> None:
    node = Node(None, 3)
    assert node != Node(None, 3)
    assert len({node, Node(None, 3)}) == 2
    node.left = node
    assert repr(node) == "Node(left=..., line=3)"


def test_the_standard_library_finds_the_fields() -> None:
    assert [one.name for one in dataclasses.fields(Far)] == ["path", "line", "seen", "secret", "how"]
    assert [one.type for one in dataclasses.fields(Far)] == ["str", "int", "dict[str, int]", "str", "str"]
    assert dataclasses.is_dataclass(Place)
