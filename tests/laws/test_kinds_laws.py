"""What holds of normalising whatever the input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from kinds_support import normal, ref, tf, var

from soc2gate.kinds.convert import coerce
from soc2gate.model.resource import RawResource, Resource
from soc2gate.model.value import Alternatives, OpenList, Text, Unknown
from soc2gate.schema.types import BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType

KIND = ObjectType(
    "K",
    {
        "s": STRING,
        "i": INT,
        "d": DOUBLE,
        "b": BOOL,
        "l": ListType(ObjectType("E", {"s": STRING, "b": BOOL}, frozenset({"s"}))),
        "m": MapType(STRING),
    },
)
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(["", "true", "22", "x", 1.5, Unknown("why"), Text(("a", Unknown("why")))]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from("sidblmx"), inner, max_size=4),
        st.lists(inner, max_size=2).map(lambda items: OpenList(tuple(items), (Unknown("more"),), "why")),
        st.lists(inner, min_size=2, max_size=2).map(lambda items: Alternatives(tuple(items), "why")),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("sidblm"), VALUES, max_size=5))
def test_bringing_a_value_to_its_type_twice_changes_nothing_more(value: dict[str, Any]) -> None:
    once = coerce(value, KIND, "", lambda path, message: None)
    complaints: list[str] = []
    assert coerce(once, KIND, "", lambda path, message: complaints.append(message)) == once
    assert not complaints


BUCKETS = [tf(f"aws_s3_bucket.b{i}", {"bucket": f"b{i}"}) for i in range(2)]
TARGETS = st.sampled_from([ref("aws_s3_bucket.b0.id"), "b1", "elsewhere", var("name")])


SAID: list[tuple[str, dict[str, Any]]] = [
    ("versioning", {"versioning_configuration": [{"status": "Enabled"}]}),
    ("public_access_block", {"block_public_acls": True}),
    ("acl", {"acl": "public-read"}),
]


@st.composite
def parts(draw: st.DrawFn, number: int) -> RawResource:
    """A companion of one bucket or another, which may not come to exist."""
    name, body = draw(st.sampled_from(SAID))
    uncertain = draw(st.sampled_from(["", "count is not known"]))
    made: RawResource = tf(f"aws_s3_bucket_{name}.p{number}", {"bucket": draw(TARGETS), **body}, uncertain=uncertain)
    return made


COMPANIONS = st.integers(0, 5).flatmap(lambda n: st.tuples(*(parts(i) for i in range(n))))


def facts(resources: tuple[Resource, ...]) -> list[Any]:
    return [(r.address, r.kind, r.partial, dict(r.properties), dict(r.related)) for r in resources]


@given(COMPANIONS, st.randoms(use_true_random=False))
def test_the_order_of_blocks_means_nothing_for_single_companions(
    companions: tuple[RawResource, ...], random: Any
) -> None:
    # Two companions of one sort on one bucket contradict each other; which is told first may show.
    sorts = [(part.type, str(part.body["bucket"])) for part in companions]
    if len({part.type for part in companions}) < len(sorts):
        return
    shuffled = [*BUCKETS, *companions]
    random.shuffle(shuffled)
    assert facts(normal(*BUCKETS, *companions).resources) == facts(normal(*shuffled).resources)


@given(COMPANIONS)
def test_every_companion_reaches_a_bucket_or_stands_for_itself(companions: tuple[RawResource, ...]) -> None:
    resources = normal(*BUCKETS, *companions).resources
    reached = {address for resource in resources for address in resource.members}
    assert reached == {part.address for part in companions}
