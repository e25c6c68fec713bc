"""Laws of the three-valued evaluator, over generated expressions and generated data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from soc2gate import cel
from soc2gate.cel import HELPERS, Helper, Program
from soc2gate.model.rule import Source
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Ref, Text, Unknown, Value
from soc2gate.schema.types import ANY, BOOL, INT, STRING, ListType, MapType, ObjectType, Type, empty_of

RULE = ObjectType("Kind.Rule", {"Cidr": STRING, "Port": INT, "Open": BOOL, "Groups": ListType(STRING)})
KIND = ObjectType(
    "Kind",
    {
        "Name": STRING,
        "Note": STRING,
        "Count": INT,
        "Flag": BOOL,
        "Names": ListType(STRING),
        "Ports": ListType(INT),
        "Rules": ListType(RULE),
        "Labels": MapType(STRING),
        "Sub": ObjectType("Kind.Sub", {"On": BOOL, "Level": INT, "Rule": RULE}),
    },
)

WORDS = ("", "a", "b", "ab", "arn:x", "arn:y/*", "0.0.0.0/0")
NUMBERS = (-1, 0, 1, 2, 22)
KEYS = ("a", "b", "app")

# --- expressions

Scope = Mapping[str, Type]


def paths(scope: Scope, wanted: Type) -> list[str]:
    """Every selection of the wanted type that the scope offers."""
    found: list[str] = []

    def visit(path: str, kind: Type) -> None:
        if kind == wanted:
            found.append(path)
        if isinstance(kind, ObjectType):
            for name, inner in kind.properties.items():
                visit(f"{path}.{name}", inner)

    for name, kind in scope.items():
        visit(name, kind)
    return found


def literal(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f"'{value}'"


@st.composite
def strings(draw: st.DrawFn, scope: Scope, depth: int) -> str:
    options = [*paths(scope, STRING)] * 2 + [literal(word) for word in WORDS]
    if depth > 0 and draw(st.integers(0, 4)) == 0:
        kind = draw(st.sampled_from(["+", "lower", "?", "key"]))
        if kind == "+":
            return f"({draw(strings(scope, 0))} + {draw(strings(scope, 0))})"
        if kind == "lower":
            return f"{draw(strings(scope, 0))}.lowerAscii()"
        if kind == "key":
            return f"resource.Labels[{literal(draw(st.sampled_from(KEYS)))}]"
        return f"({draw(bools(scope, 0))} ? {draw(strings(scope, 0))} : {draw(strings(scope, 0))})"
    return draw(st.sampled_from(options))


@st.composite
def numbers(draw: st.DrawFn, scope: Scope, depth: int) -> str:
    kind = draw(st.integers(0, 5)) if depth > 0 else 5
    if kind == 0:
        return f"({draw(numbers(scope, 0))} {draw(st.sampled_from('+-*/%'))} {draw(numbers(scope, 0))})"
    if kind == 1:
        return f"size({draw(sized(scope))})"
    if kind == 2:
        return f"resource.Ports[{draw(numbers(scope, 0))}]"
    return draw(st.sampled_from([*paths(scope, INT)] * 2 + [literal(number) for number in NUMBERS]))


@st.composite
def sized(draw: st.DrawFn, scope: Scope) -> str:
    return draw(st.sampled_from([*lists(scope), "resource.Labels", *paths(scope, STRING)]))


def lists(scope: Scope) -> list[str]:
    return [path for kind in (STRING, INT, RULE) for path in paths(scope, ListType(kind))]


@st.composite
def ranges(draw: st.DrawFn, scope: Scope, variable: str) -> tuple[str, Type]:
    """Something to go through, and what its elements are."""
    kinds: list[Type] = [STRING, INT, RULE]
    item = draw(st.sampled_from(kinds))
    plain = paths(scope, ListType(item))
    text = draw(st.sampled_from(plain))
    kind = draw(st.integers(0, 6))
    if kind == 0:
        text = f"({text} + {draw(st.sampled_from(plain))})"
    elif kind == 1 and item is not RULE:
        one = strings(scope, 0) if item is STRING else numbers(scope, 0)
        text = f"[{', '.join(draw(st.lists(one, min_size=1, max_size=3)))}]"
    elif kind == 2:
        inner = {**scope, "f" + variable: item}
        text = f"{text}.filter(f{variable}, {draw(bools(inner, 0))})"
    elif kind == 3 and item is RULE:
        return f"{text}.map(m{variable}, m{variable}.Cidr)", STRING
    elif kind == 4:
        return "resource.Labels", STRING
    return text, item


@st.composite
def bools(draw: st.DrawFn, scope: Scope, depth: int = 3) -> str:
    kind = draw(st.integers(0, 12 if depth > 0 else 6))
    if kind == 0:
        return draw(st.sampled_from([*paths(scope, BOOL), "true", "false"]))
    if kind == 1:
        operator = draw(st.sampled_from(["==", "!=", "==", "!=", "<", ">="]))
        return f"{draw(strings(scope, depth))} {operator} {draw(strings(scope, depth))}"
    if kind == 2:
        operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        return f"{draw(numbers(scope, depth))} {operator} {draw(numbers(scope, depth))}"
    if kind == 3:
        method = draw(st.sampled_from(["startsWith", "endsWith", "contains", "matches"]))
        part = draw(strings(scope, 0)) if method != "matches" else draw(st.sampled_from(PATTERNS))
        return f"{draw(strings(scope, 0))}.{method}({part})"
    if kind == 4:
        return f"{draw(strings(scope, 0))} in {draw(st.sampled_from(STRING_SETS))}"
    if kind == 5:
        return f"{draw(numbers(scope, 0))} in resource.Ports"
    if kind == 6:
        left = draw(st.sampled_from(lists(scope)))
        same = [path for path in lists(scope) if path.rpartition(".")[2] == left.rpartition(".")[2]]
        return f"{left} {draw(st.sampled_from(['==', '!=']))} {draw(st.sampled_from([*same, '[]']))}"
    if kind == 7:
        return f"!({draw(bools(scope, depth - 1))})"
    if kind in (8, 9):
        parts = draw(st.lists(bools(scope, depth - 1), min_size=2, max_size=3))
        return f"({draw(st.sampled_from([' && ', ' || '])).join(parts)})"
    if kind == 10:
        return f"({' ? '.join([draw(bools(scope, depth - 1)), draw(bools(scope, 0))])} : {draw(bools(scope, 0))})"
    variable = f"e{depth}"
    text, item = draw(ranges(scope, variable))
    macro = draw(st.sampled_from(["all", "exists", "all", "exists", "exists_one"]))
    return f"{text}.{macro}({variable}, {draw(bools({**scope, variable: item}, depth - 1))})"


PATTERNS = ("'a'", r"r'\Ab'", "'^arn:'", "'b$'", "'^a'", "'^ab?$'", "'x|y'", "'^0[.]0'", r"r'\\*'")
STRING_SETS = ("resource.Names", "resource.Labels", "['a', 'b']", "['a', resource.Name]", "resource.Sub.Rule.Groups")
SCOPE: Scope = {"resource": KIND}

# --- data


def values(kind: Type) -> st.SearchStrategy[Any]:
    if isinstance(kind, ObjectType):
        return st.fixed_dictionaries({}, optional={name: values(inner) for name, inner in kind.properties.items()})
    if isinstance(kind, ListType):
        return st.lists(values(kind.item), max_size=3)
    if isinstance(kind, MapType):
        return st.dictionaries(st.sampled_from(KEYS), values(kind.value), max_size=3)
    options: dict[Type, tuple[Any, ...]] = {STRING: WORDS, INT: NUMBERS, BOOL: (True, False)}
    return st.sampled_from(options[kind])


class Blur:
    """Makes parts of a value unknown in ways that the value itself could turn out to be."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.count = 0

    def unknown(self, value: Value) -> Unknown:
        self.count += 1
        reason = f"u{self.count}"
        full = value not in (None, "", [], {})
        text = isinstance(value, str)
        return Unknown(
            reason,
            Ref("x.y", "arn") if full and self.draw(st.booleans()) else None,
            (reason,),
            not_null=full and self.draw(st.booleans()),
            prefix=value[: self.draw(st.integers(0, len(value)))] if text and isinstance(value, str) else "",
        )

    def text(self, value: str) -> Text:
        cuts = sorted(self.draw(st.lists(st.integers(0, len(value)), min_size=1, max_size=3)))
        parts: list[str | Unknown] = []
        literal_next = self.draw(st.booleans())
        for start, end in zip([0, *cuts], [*cuts, len(value)], strict=True):
            piece = value[start:end]
            if literal_next and piece and not (parts and isinstance(parts[-1], str)):
                parts.append(piece)
            else:
                parts.append(self.unknown(piece))
            literal_next = not literal_next
        return Text(tuple(parts))

    def alternatives(self, value: Value, kind: Type) -> Alternatives:
        others = self.draw(st.lists(st.one_of(st.none(), values(kind)), min_size=1, max_size=2))
        options = [*others, self.visit(value, kind)]
        return Alternatives(tuple(options), "one of")

    def open_list(self, value: list[Any], item: Type) -> OpenList:
        items: list[Value] = []
        more: list[Value] = []
        for element in value:
            (items if self.draw(st.booleans()) else more).append(self.visit(element, item))
        if not more:
            more.append(self.unknown(None) if self.draw(st.booleans()) else self.draw(values(item)))
        return OpenList(tuple(items), tuple(more), "open list")

    def visit(self, value: Value, kind: Type) -> Value:
        how = self.draw(st.integers(0, 9))
        if how == 0:
            return self.unknown(value)
        if how == 1:
            return self.alternatives(value, kind)
        if value is None:
            return None
        if isinstance(value, str):
            return self.text(value) if how in (2, 3) and value else value
        if isinstance(value, list) and isinstance(kind, ListType):
            if how in (2, 3):
                return self.open_list(value, kind.item)
            return [self.visit(element, kind.item) for element in value]
        if isinstance(value, dict):
            return self.table(value, kind, opened=how in (2, 3))
        return value

    def table(self, value: dict[str, Any], kind: Type, *, opened: bool) -> Value:
        out: dict[str, Value] = {}
        names = kind.properties if isinstance(kind, ObjectType) else dict.fromkeys(value, STRING)
        for name, inner in names.items():
            if opened and self.draw(st.booleans()):
                continue
            found = self.visit(value.get(name), inner)
            if found is not None:
                out[name] = found
        return OpenMap(out, Unknown("more keys"), "open map") if opened else out


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, dict[str, Any], Value]:
    """An expression, data, and the same data with parts unknown."""
    known = draw(values(KIND))
    return draw(bools(SCOPE)), known, Blur(draw).visit(known, KIND)


def program(text: str, scope: Scope = SCOPE) -> Program:
    return cel.compile(Source(text, "rule.yaml", 1), scope, vacuous_ok=True)


LAWS = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@LAWS
@given(questions())
def test_learning_more_never_overturns_a_settled_verdict(question: tuple[str, dict[str, Any], Value]) -> None:
    text, known, blurred = question
    asked = program(text)
    before = asked.run({"resource": blurred})
    after = asked.run({"resource": known})
    note(f"{text}\n{known}\n{blurred}\n{before}\n{after}")
    # A fault of the expression itself (an index beyond a list's end) is a defect of the rule, which its own test shows:
    # `fault ? true : true` faults, while over an unknown condition both branches agree.
    if isinstance(before.value, bool) and not after.defect:
        assert after.value is before.value


@LAWS
@given(questions())
def test_an_answer_is_true_false_or_unknown_with_a_reason(question: tuple[str, dict[str, Any], Value]) -> None:
    text, _, blurred = question
    answer = program(text).run({"resource": blurred})
    assert isinstance(answer.value, (bool, Unknown))
    assert bool(answer.reason) is isinstance(answer.value, Unknown)
    assert all(isinstance(looked.path, str) for looked in answer.looked)


ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([*NUMBERS, 1.5, *WORDS]),
        st.just(Unknown("hidden")),
        st.just(Text(("a", Unknown("hidden")))),
        st.just(Alternatives((None, "a", [1]), "one of")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*KIND.properties, *RULE.properties, *KEYS]), inner, max_size=4),
        inner.map(lambda value: OpenList((value,), (value,), "open list")),
        inner.map(lambda value: OpenMap({"Name": value, "Rules": value}, value, "open map")),
    ),
    max_leaves=12,
)


@LAWS
@given(bools(SCOPE), ODD, st.sampled_from(list(HELPERS.values())))
def test_data_of_any_shape_gets_an_answer_and_no_crash(text: str, odd: Value, helper: Helper) -> None:
    assert isinstance(program(text).run({"resource": odd}).value, (bool, Unknown))
    arguments = ", ".join(["x"] * len(helper.parameters))
    asked = cel.compile(Source(f"{helper.name}({arguments})", "rule.yaml", 1), {"x": ANY}, returns=ANY)
    asked.run({"x": odd}, "2026-11-21T00:00:00Z")
    assert isinstance(cel.compile_template(Source(f"{{{text}}}", "rule.yaml", 1), SCOPE).render({"resource": odd}), str)


@LAWS
@given(st.tuples(bools(SCOPE, 2), bools(SCOPE, 2)), values(KIND), st.data())
def test_de_morgan_holds(parts: tuple[str, str], known: dict[str, Any], data: st.DataObject) -> None:
    one, other = parts
    bound = {"resource": Blur(data.draw).visit(known, KIND)}
    for left, right in (
        (f"!({one} && {other})", f"!({one}) || !({other})"),
        (f"!({one} || {other})", f"!({one}) && !({other})"),
        (f"!!({one})", one),
        (f"({one}) && ({other})", f"({other}) && ({one})"),
        (f"resource.Rules.all(x, {one})", f"!resource.Rules.exists(x, !({one}))"),
    ):
        values_ = [program(text).run(bound).value for text in (left, right)]
        if any(isinstance(value, bool) for value in values_):
            assert values_[0] is values_[1], (left, right)


@LAWS
@given(questions())
def test_asking_twice_gives_the_same_answer_and_changes_no_data(question: tuple[str, dict[str, Any], Value]) -> None:
    text, _, blurred = question
    asked = program(text)
    shown = repr(blurred)
    first, second = asked.run({"resource": blurred}), asked.run({"resource": blurred})
    assert repr(first) == repr(second)
    assert repr(blurred) == shown


# --- the domain's helpers

STATEMENT = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.one_of(
            st.sampled_from(["*", "s3:*", "iam:PassRole"]),
            st.lists(st.sampled_from(["*", "iam:Put*", "ec2:RunInstances"]), max_size=2),
        ),
        "Resource": st.one_of(
            st.sampled_from(["*", "arn:aws:s3:::b/*"]),
            st.lists(st.sampled_from(["*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:iam::1:role/*"]), max_size=2),
        ),
    },
    optional={
        "Principal": st.sampled_from(
            ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::1:root", "*"]}, {"Service": "ec2.amazonaws.com"}]
        ),
        "Condition": st.sampled_from(
            [
                {"Bool": {"aws:SecureTransport": "false"}},
                {"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}},
                {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
                {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}},
                {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
            ]
        ),
    },
)  # fmt: skip
POLICY = st.fixed_dictionaries({"Statement": st.one_of(STATEMENT, st.lists(STATEMENT, max_size=3))})
INGRESS = st.fixed_dictionaries(
    {"IpProtocol": st.sampled_from(["tcp", "udp", "-1", "6"])},
    optional={
        "CidrIp": st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "128.0.0.0/1"]),
        "CidrIpv6": st.sampled_from(["::/0", "fd00::/8"]),
        "FromPort": st.sampled_from([-1, 0, 1, 22, 443]),
        "ToPort": st.sampled_from([-1, 0, 22, 443, 65535]),
    },
)


def blur_json(draw: Callable[..., Any], value: Value) -> Value:
    """The same for data without a schema: any part unknown, texts in part."""
    blur = Blur(draw)
    how = draw(st.integers(0, 9))
    if how == 0:
        return Unknown("hidden")
    if isinstance(value, str):
        return blur.text(value) if how == 1 and value else value
    if isinstance(value, list):
        inner = [blur_json(draw, item) for item in value]
        if how == 1:
            return OpenList(tuple(inner[:1]), tuple(inner[1:]) or (Unknown("hidden"),), "open list")
        return inner
    if isinstance(value, dict):
        entries = {key: blur_json(draw, child) for key, child in value.items()}
        if how == 1:
            kept = {key: child for key, child in entries.items() if draw(st.booleans())}
            return OpenMap(kept, Unknown("hidden"), "open map")
        return entries
    return value


KEYS_AND_TEXTS = st.sampled_from(
    [
        *(
            "",
            "alias/aws/s3",
            "alias/app",
            "arn:aws:kms:eu-west-1:1:key/a",
            "arn:aws:kms:eu-west-1:1:alias/aws/rds",
            "k",
        ),
        *("password=hunter22", "AKIAIOSFODNN7EXAMPLE", "x AKIAIOSFODNN7EXAMPLE y", "arn:secret:name-abcdef", "plain"),
    ]
)


@LAWS
@given(KEYS_AND_TEXTS, st.data())
def test_a_helper_that_learns_more_of_a_text_never_overturns_its_answer(known: str, data: st.DataObject) -> None:
    blurred = Blur(data.draw).text(known)
    if without_references(blurred):
        for call in ("customer_key(x)", "looks_like_secret(x)", "open_to_internet({'CidrIp': x})"):
            asked = cel.compile(Source(call, "rule.yaml", 1), {"x": STRING})
            before, after = asked.run({"x": blurred}), asked.run({"x": known})
            if isinstance(before.value, bool):
                assert after.value is before.value, (call, blurred, known)


def without_references(value: Value) -> bool:
    return "Ref(" not in repr(value)


@LAWS
@given(st.one_of(POLICY.map(lambda p: (p, True)), INGRESS.map(lambda r: (r, False))), st.data())
def test_a_helper_that_learns_more_never_overturns_its_answer(case: tuple[Any, bool], data: st.DataObject) -> None:
    known, is_policy = case
    blurred = blur_json(data.draw, known)
    # What a reference to a managed resource stands for is promised by the reader, and not by any text drawn here.
    if not without_references(blurred):
        return
    names = ("allows_anyone", "denies_plain_http", "grants_admin", "grants_escalation") if is_policy else ()
    calls = [f"{name}(x)" for name in names] or ["open_to_internet(x)", "covers_port(x, 22)", "covers_all_ports(x)"]
    for call in calls:
        asked = cel.compile(Source(call, "rule.yaml", 1), {"x": ANY})
        before, after = asked.run({"x": blurred}), asked.run({"x": known})
        if isinstance(before.value, bool):
            assert after.value is before.value, (call, blurred, known)


def test_every_helper_says_what_it_does_with_unknowns() -> None:
    for helper in HELPERS.values():
        assert helper.says.endswith(".")
        assert helper.unknown.endswith(".")


# --- agreement with Google's engine


def filled(value: Value, kind: Type) -> Any:
    """The data with every absent property written out, as the oracle has no schema to know them from."""
    if value is None:
        return filled(empty_of(kind), kind) if isinstance(kind, ObjectType) else empty_of(kind)  # type: ignore[arg-type]
    if isinstance(kind, ObjectType):
        assert isinstance(value, dict)
        return {name: filled(value.get(name), inner) for name, inner in kind.properties.items()}
    if isinstance(kind, ListType):
        assert isinstance(value, list)
        return [filled(item, kind.item) for item in value]
    return value


@pytest.mark.oracle
@settings(LAWS, max_examples=600)
@given(bools(SCOPE), st.lists(values(KIND), min_size=5, max_size=5))
def test_answers_agree_with_google_s_engine(text: str, told: list[dict[str, Any]]) -> None:
    """Three thousand questions: each expression is asked of five sets of data."""
    from cel_expr_python import cel as google
    from cel_expr_python.ext import ext_strings

    environment = google.NewEnv(variables={"resource": google.Type.DYN}, extensions=[ext_strings.ExtStrings()])
    oracle, asked = environment.compile(text), program(text)
    for known in told:
        theirs = oracle.eval(data={"resource": filled(known, KIND)})
        ours = asked.run({"resource": known})
        note(f"{text}\n{known}\ntheirs: {theirs.type().name()} {theirs.plain_value()}\nours: {ours}")
        if theirs.type().name() == "BOOL":
            assert ours.value is theirs.plain_value()
        elif not any(macro in text for macro in (".filter(", ".map(", ".exists_one(")):
            # Where theirs stops with an error ours says unknown, and names the defect. An element that could not be
            # chosen or made is an unknown element here, which may still not matter.
            assert isinstance(ours.value, Unknown)
            assert ours.defect
