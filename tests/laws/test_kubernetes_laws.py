"""What must hold of every Kubernetes object: as written and as the cluster gives it back, it is one object."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from soc2gate import kinds
from soc2gate.demo.admission import admit
from soc2gate.engine.differences import Spelling, differences
from soc2gate.kinds.kubernetes import from_object
from soc2gate.kinds.kubernetes_api import RESOURCES
from soc2gate.kinds.kubernetes_quantities import normalise_quantity, parse_quantity
from soc2gate.model.resource import Resource, Side, Span

Object = dict[str, Any]
HERE = Span("all.yaml", 1)

names = st.sampled_from(["web", "cart", "db"])
labels = st.dictionaries(st.sampled_from(["app", "tier", "app.kubernetes.io/name"]), names, min_size=1, max_size=2)
quantities = st.builds(
    lambda number, suffix: f"{number}{suffix}",
    st.one_of(st.integers(0, 10**6), st.decimals(0, 999, places=2).map(str)),
    st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3"]),
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Object]:
    """An object with any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def with_(required: dict[str, st.SearchStrategy[Any]], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Object]:
    return st.fixed_dictionaries(required, optional=fields)


ports = st.integers(1, 65535)
probes = some(
    httpGet=with_({"port": ports}, path=st.just("/healthz"), scheme=st.just("HTTPS")),
    periodSeconds=st.integers(1, 60),
    timeoutSeconds=st.integers(1, 9),
)
containers = with_(
    {"name": names, "image": st.sampled_from(["nginx", "nginx:1.25", "r.example:5000/web", "web@sha256:" + "0" * 64])},
    ports=st.lists(with_({"containerPort": ports}, protocol=st.just("UDP")), max_size=2),
    resources=some(
        limits=st.dictionaries(st.sampled_from(["cpu", "memory"]), quantities, min_size=1),
        requests=st.dictionaries(st.sampled_from(["cpu", "memory"]), quantities, min_size=1),
    ),
    livenessProbe=probes,
    imagePullPolicy=st.just("Always"),
    securityContext=some(privileged=st.booleans(), runAsNonRoot=st.booleans(), runAsUser=st.integers(0, 9)),
    env=st.lists(with_({"name": names}, value=names), max_size=2),
    command=st.lists(names, max_size=2),
)
pod_specs = with_(
    {"containers": st.lists(containers, min_size=1, max_size=2, unique_by=lambda c: c["name"])},
    initContainers=st.lists(containers, max_size=1),
    hostNetwork=st.booleans(),
    serviceAccountName=names,
    securityContext=some(runAsNonRoot=st.booleans()),
    terminationGracePeriodSeconds=st.integers(0, 60),
    automountServiceAccountToken=st.booleans(),
)
templates = st.fixed_dictionaries({"metadata": st.fixed_dictionaries({"labels": labels}), "spec": pod_specs})
specs: dict[str, st.SearchStrategy[Object]] = {
    "Deployment": with_(
        {"selector": st.fixed_dictionaries({"matchLabels": labels}), "template": templates},
        replicas=st.integers(0, 9),
        revisionHistoryLimit=st.integers(0, 9),
        strategy=st.fixed_dictionaries({"type": st.just("Recreate")}),
    ),
    "Pod": pod_specs,
    "Service": with_(
        {"ports": st.lists(with_({"port": ports}, targetPort=ports, name=names), min_size=1, max_size=2)},
        selector=labels,
    ),
    "NetworkPolicy": with_(
        {"podSelector": some(matchLabels=labels)},
        policyTypes=st.just(["Ingress"]),
        ingress=st.lists(some(ports=st.lists(with_({"port": ports}), min_size=1, max_size=2)), max_size=2),
    ),
}
bodies = st.sampled_from(sorted(specs)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {
            "apiVersion": st.just(RESOURCES[f"Kubernetes::{kind}"].api_version),
            "kind": st.just(kind),
            "metadata": with_({"name": names, "namespace": names}, labels=labels),
            "spec": specs[kind],
        }
    )
)


def read(body: Object, side: Side) -> list[Resource]:
    resources, problems = from_object(body, side=side, where=HERE)
    assert problems == []
    return resources


def spelling(kind: str) -> Spelling:
    described = kinds.kind(kind)
    return Spelling(ignored=frozenset(described.ignored), unordered=frozenset(described.unordered))


def disagreements(declared: Resource, live: Resource) -> list[str]:
    found = differences(
        declared.properties,
        live.properties,
        read=lambda name: True,
        spelling=spelling(declared.kind),
        resolve=lambda ref: None,
    )
    return [difference.path for difference in found]


@settings(max_examples=200, deadline=None)
@given(bodies)
def test_what_was_applied_and_what_the_cluster_gives_back_agree(body: Object) -> None:
    stored = admit(copy.deepcopy(body), "kubectl", 1)
    ours, theirs = read(body, Side.DECLARED), read(stored, Side.LIVE)
    assert len(ours) == len(theirs)
    for declared, live in zip(ours, theirs, strict=True):
        assert disagreements(declared, live) == []
        if body["kind"] != "Service":
            # A service gets its addresses from the cluster; everything else is decided by what was applied.
            assert live.properties == declared.properties


@settings(max_examples=100, deadline=None)
@given(bodies)
def test_normal_form_of_the_normal_form_is_itself(body: Object) -> None:
    first = read(body, Side.DECLARED)[0]
    again = read(json.loads(json.dumps(first.properties)), Side.DECLARED)[0]
    assert again.properties == first.properties


@settings(max_examples=100, deadline=None)
@given(bodies)
def test_every_default_stands_where_it_says_and_nothing_written_is_one(body: Object) -> None:
    resource = read(body, Side.DECLARED)[0]
    for path in resource.defaults:
        assert _at(resource.properties, path) is not None
        assert _at(body, path) in (None, [], {})


def _at(value: Any, path: str) -> Any:
    # Keys of labels hold dots, and so does `kubernetes.io/metadata.name`; no default of these kinds is one.
    for step in path.replace("[", ".[").split("."):
        if step.startswith("["):
            value = value[int(step[1:-1])] if isinstance(value, list) and len(value) > int(step[1:-1]) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


@settings(max_examples=200, deadline=None)
@given(quantities)
def test_quantity_keeps_its_amount_and_has_one_spelling(written: str) -> None:
    normal = normalise_quantity(written)
    assert parse_quantity(normal) == parse_quantity(written)
    assert normalise_quantity(normal) == normal


@settings(max_examples=200, deadline=None)
@given(quantities, quantities)
def test_equal_amounts_and_only_they_are_spelled_alike(left: str, right: str) -> None:
    same = parse_quantity(left) == parse_quantity(right)
    assert (normalise_quantity(left) == normalise_quantity(right)) is same


parts = st.sampled_from(["metadata", "spec", "data", "rules", "subjects", "roleRef", "type"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["metadata", "spec", "template", "containers", "name", "labels", "ports", "selector", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(RESOURCES)), st.dictionaries(parts, json_values))
def test_no_manifest_however_odd_breaks_the_scan(kind: str, body: Object) -> None:
    api = RESOURCES[kind]
    whole = {**body, "apiVersion": api.api_version, "kind": api.name}
    for side in Side:
        resources, _ = from_object(whole, side=side, where=HERE)
        assert resources[0].kind == kind
