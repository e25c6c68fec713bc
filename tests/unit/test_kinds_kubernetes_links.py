"""What belongs together in manifests and in a cluster: namespaces, policies, budgets, owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from soc2gate import kinds
from soc2gate.kinds.kubernetes import from_object, normalise_manifests
from soc2gate.kinds.kubernetes_api import RESOURCES
from soc2gate.kinds.kubernetes_links import CHOSEN, selects
from soc2gate.kinds.kubernetes_ownership import KUBERNETES, belongs_to_known, controller_of, managed_by
from soc2gate.model.resource import LiveRef, RawResource, Reading, Resource, Side, Span
from soc2gate.model.value import Alternatives, Json, OpenList, Unknown, Value

Object = dict[str, Value]


def raw(
    kind: str, name: str, namespace: str | None, spec: Object | None = None, file: str = "all.yaml", uncertain: str = ""
) -> RawResource:
    api = RESOURCES[f"Kubernetes::{kind}"]
    metadata: Object = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    body: Object = {"apiVersion": api.api_version, "kind": kind, "metadata": metadata, "spec": spec or {}}
    address = "/".join(part for part in (kind, namespace, name) if part)
    return RawResource(
        format="kubernetes",
        type=f"{api.api_version} {kind}",
        address=address,
        root=".",
        body=body,
        where=Span(file, 1, 1, 9),
        places={"spec": Span(file, 5)},
        uncertain=uncertain,
    )


def workload(name: str, namespace: str | None, file: str = "all.yaml", kind: str = "Deployment") -> RawResource:
    template: Object = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    return raw(kind, name, namespace, {"selector": {}, "template": template}, file)


def policy(name: str, namespace: str | None, file: str = "all.yaml", uncertain: str = "") -> RawResource:
    return raw("NetworkPolicy", name, namespace, {"podSelector": {}}, file, uncertain)


def budget(name: str, namespace: str | None, selector: Value, file: str = "all.yaml") -> RawResource:
    return raw("PodDisruptionBudget", name, namespace, {"selector": selector}, file)


def linked(*raws: RawResource, unread: tuple[str, ...] = ()) -> tuple[Resource, ...]:
    return normalise_manifests([Reading("kubernetes", ".", raws, unread=unread)]).resources


def namespaces(resources: Sequence[Resource]) -> dict[str, Resource]:
    return {resource.address: resource for resource in resources if resource.kind == "Kubernetes::Namespace"}


def names(value: Value) -> list[str]:
    items = value if isinstance(value, list) else list(value.items) if isinstance(value, OpenList) else []
    found = []
    for item in items:
        assert isinstance(item, dict)
        metadata = item["metadata"]
        assert isinstance(metadata, dict)
        found.append(str(metadata.get("name") or metadata.get("labels")))
    return found


# Namespaces.


def test_namespace_that_manifests_only_name_exists_where_it_is_first_named() -> None:
    found = namespaces(linked(workload("web", "shop", "b.yaml"), workload("cart", "shop", "a.yaml")))
    assert list(found) == ["Namespace/shop"]
    shop = found["Namespace/shop"]
    assert shop.where == Span("b.yaml", 1, 1, 9)
    assert shop.derived_from == "Kubernetes::Namespace"
    assert isinstance(shop.properties["metadata"], dict)
    assert isinstance(shop.properties["metadata"]["labels"], Unknown)


def test_declared_namespace_is_not_made_again() -> None:
    resources = linked(workload("web", "shop"), raw("Namespace", "shop", None))
    assert [r.derived_from for r in resources if r.kind == "Kubernetes::Namespace"] == [""]


def test_namespace_knows_its_workloads_and_policies_and_their_lines() -> None:
    shop = namespaces(
        linked(
            raw("Namespace", "shop", None),
            workload("web", "shop"),
            workload("nightly", "shop", kind="Pod"),
            workload("other", "elsewhere"),
            policy("deny", "shop", "policies.yaml"),
        )
    )["Namespace/shop"]
    assert isinstance(shop.related["Workloads"], list)
    assert len(shop.related["Workloads"]) == 2
    assert names(shop.related["NetworkPolicies"]) == ["deny"]
    assert shop.places["related.NetworkPolicies[0].spec"] == Span("policies.yaml", 5)
    assert shop.places["related.Workloads[0]"] == Span("all.yaml", 1, 1, 9)


def test_namespace_without_anything_in_it_knows_that() -> None:
    shop = namespaces(linked(raw("Namespace", "shop", None)))["Namespace/shop"]
    assert shop.related == {"Workloads": [], "NetworkPolicies": []}


def test_policy_in_a_namespace_of_its_own_does_not_help_another() -> None:
    found = namespaces(linked(workload("web", "shop"), policy("deny", "other")))
    assert found["Namespace/shop"].related["NetworkPolicies"] == []


def test_workload_without_namespace_stands_in_one_that_is_chosen_later() -> None:
    (chosen,) = namespaces(linked(workload("web", None), workload("cart", None))).values()
    assert chosen.address == CHOSEN
    assert isinstance(chosen.identity["name"], Unknown)
    workloads, policies = chosen.related["Workloads"], chosen.related["NetworkPolicies"]
    assert isinstance(workloads, OpenList)
    assert isinstance(policies, OpenList)
    assert (len(workloads.items), len(policies.items)) == (2, 0)
    assert "chosen when the manifests are applied" in policies.reason


def test_policy_beside_a_workload_goes_where_the_workload_goes() -> None:
    (chosen,) = namespaces(linked(workload("web", None), policy("deny", None))).values()
    assert names(chosen.related["NetworkPolicies"]) == ["deny"]


def test_policy_in_another_folder_may_go_elsewhere() -> None:
    (chosen,) = namespaces(linked(workload("web", None, "a/web.yaml"), policy("deny", None, "b/deny.yaml"))).values()
    policies = chosen.related["NetworkPolicies"]
    assert isinstance(policies, OpenList)
    assert (len(policies.items), len(policies.more)) == (0, 2)


def test_policy_without_namespace_may_be_meant_for_a_named_one() -> None:
    policies = namespaces(linked(workload("web", "shop"), policy("deny", None)))["Namespace/shop"].related[
        "NetworkPolicies"
    ]
    assert isinstance(policies, OpenList)
    assert policies.items == ()
    assert "NetworkPolicy/deny" in policies.reason


def test_policy_without_workload_leaves_no_namespace_open() -> None:
    assert namespaces(linked(policy("deny", None))) == {}


def test_uncertain_policy_is_no_promise() -> None:
    shop = namespaces(linked(workload("web", "shop"), policy("deny", "shop", uncertain="behind a condition")))
    policies = shop["Namespace/shop"].related["NetworkPolicies"]
    assert isinstance(policies, OpenList)
    assert policies.items == ()


def test_folder_that_was_not_read_leaves_the_links_open() -> None:
    shop = namespaces(linked(workload("web", "shop"), unread=("chart/x.yaml was not read",)))["Namespace/shop"]
    policies = shop.related["NetworkPolicies"]
    assert isinstance(policies, OpenList)
    assert policies.reason == "chart/x.yaml was not read"


def test_policy_in_another_folder_of_the_same_cluster_counts() -> None:
    shop = namespaces(linked(workload("web", "shop", "apps/web.yaml"), policy("deny", "shop", "policies/deny.yaml")))
    assert names(shop["Namespace/shop"].related["NetworkPolicies"]) == ["deny"]


def test_what_one_variant_has_proves_nothing_of_another() -> None:
    found = namespaces(
        linked(
            workload("web", "shop", "dev/web.yaml"),
            policy("deny", "shop", "dev/deny.yaml"),
            workload("web", "shop", "prod/web.yaml"),
        )
    )
    by_folder = {r.where.path: names(r.related["NetworkPolicies"]) for r in found.values() if isinstance(r.where, Span)}
    assert by_folder == {"dev/web.yaml": ["deny"], "prod/web.yaml": []}
    assert sorted(found) == ["Namespace/shop", "Namespace/shop@prod/web.yaml:1"]


def test_two_roots_are_one_cluster() -> None:
    readings = [
        Reading("kubernetes", "apps", (workload("web", "shop", "apps/web.yaml"),)),
        Reading("kubernetes", "net", (policy("deny", "shop", "net/deny.yaml"),)),
    ]
    shop = namespaces(normalise_manifests(readings).resources)["Namespace/shop"]
    assert names(shop.related["NetworkPolicies"]) == ["deny"]


def test_normalise_takes_manifests_along_with_everything_else() -> None:
    found = kinds.normalise([Reading("kubernetes", ".", (workload("web", "shop"),))])
    assert [resource.kind for resource in found.resources] == [
        "Kubernetes::Deployment",
        "Kubernetes::PodTemplate",
        "Kubernetes::Namespace",
    ]


# Disruption budgets.


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        ({"matchLabels": {"app": "web"}}, {"app": "web", "tier": "front"}, True),
        ({"matchLabels": {"app": "web"}}, {"app": "cart"}, False),
        ({"matchLabels": {"app": "web"}}, {}, False),
        ({"matchLabels": {"app": "web"}}, None, False),
        ({}, {"app": "web"}, True),
        (None, {"app": "web"}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "cart"]}]}, {"app": "cart"}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, {}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, {"app": "x"}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, {"app": "x"}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Resembles"}]}, {"app": "x"}, None),
        ({"matchLabels": {"app": Unknown("templated")}}, {"app": "web"}, None),
        ({"matchLabels": {"app": Unknown("templated"), "tier": "x"}}, {"app": "web"}, False),
        (Unknown("templated"), {"app": "web"}, None),
        ({"matchLabels": {"app": "web"}}, Unknown("templated"), None),
    ],
)
def test_selector_matches_labels(selector: Value, labels: Value, matches: bool | None) -> None:
    assert selects(selector, labels) is matches


def test_workload_knows_the_budgets_that_select_its_pods() -> None:
    resources = linked(
        workload("web", "shop"),
        budget("web", "shop", {"matchLabels": {"app": "web"}}),
        budget("cart", "shop", {"matchLabels": {"app": "cart"}}),
        budget("elsewhere", "other", {}),
    )
    (web,) = [r for r in resources if r.kind == "Kubernetes::Deployment"]
    assert names(web.related["DisruptionBudgets"]) == ["web"]


def test_budget_that_may_select_is_no_promise() -> None:
    resources = linked(workload("web", "shop"), budget("web", "shop", Unknown("templated")))
    (web,) = [r for r in resources if r.kind == "Kubernetes::Deployment"]
    budgets = web.related["DisruptionBudgets"]
    assert isinstance(budgets, OpenList)
    assert budgets.items == ()


def scaler(name: str, namespace: str | None, **spec: Value) -> RawResource:
    target: Object = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    return raw("HorizontalPodAutoscaler", name, namespace, {"scaleTargetRef": target, **spec})


@pytest.mark.parametrize("namespace", ["shop", None])
def test_autoscaler_chooses_the_replicas_and_nothing_restores_them(namespace: str | None) -> None:
    resources = linked(workload("web", namespace), scaler("web", namespace, minReplicas=2, maxReplicas=4))
    (web,) = [r for r in resources if r.kind == "Kubernetes::Deployment"]
    assert isinstance(web.properties["spec"], dict)
    replicas = web.properties["spec"]["replicas"]
    assert isinstance(replicas, Alternatives)
    assert replicas.options == (2, 3, 4)
    assert "spec.replicas" not in web.defaults


def test_autoscaler_of_another_workload_changes_nothing() -> None:
    resources = linked(
        workload("web", "shop"), scaler("web", "other", maxReplicas=4), scaler("x", "shop", maxReplicas=4)
    )
    (web,) = [r for r in resources if r.kind == "Kubernetes::Deployment"]
    assert isinstance(web.properties["spec"], dict)
    assert web.properties["spec"]["replicas"] == 1


def test_autoscaler_without_known_bounds_leaves_the_replicas_open() -> None:
    resources = linked(workload("web", "shop"), scaler("web", "shop", maxReplicas=Unknown("templated")))
    (web,) = [r for r in resources if r.kind == "Kubernetes::Deployment"]
    assert isinstance(web.properties["spec"], dict)
    assert isinstance(web.properties["spec"]["replicas"], Unknown)


def test_live_links_go_by_namespace_and_selector() -> None:
    def live(found: RawResource) -> list[Resource]:
        seen = LiveRef("kubernetes", "prod", "", found.address, "list", "2026-11-21T09:00:00Z")
        return from_object(found.body, side=Side.LIVE, where=seen, root="kubernetes:prod")[0]

    resources = [
        *live(raw("Namespace", "shop", None)),
        *live(workload("web", "shop")),
        *live(policy("deny", "shop")),
        *live(policy("deny", "other")),
        *live(budget("web", "shop", {"matchLabels": {"app": "web"}})),
    ]
    by_kind = {resource.kind: resource for resource in kinds.link(resources)}
    shop, web = by_kind["Kubernetes::Namespace"], by_kind["Kubernetes::Deployment"]
    assert names(shop.related["NetworkPolicies"]) == ["deny"]
    assert isinstance(shop.related["Workloads"], list)
    assert len(shop.related["Workloads"]) == 1
    assert names(web.related["DisruptionBudgets"]) == ["web"]


# Who brought a live object about.


def told_of(kind: str, name: str, namespace: str = "", **more: Json) -> str:
    metadata: dict[str, Json] = {"name": name, "namespace": namespace, **more}
    return managed_by({"metadata": metadata}, RESOURCES[f"Kubernetes::{kind}"], {})


@pytest.mark.parametrize(
    ("kind", "name", "namespace"),
    [
        ("Namespace", "default", ""),
        ("Namespace", "kube-system", ""),
        ("Namespace", "kube-public", ""),
        ("Namespace", "kube-node-lease", ""),
        ("ServiceAccount", "default", "shop"),
        ("ConfigMap", "kube-root-ca.crt", "shop"),
        ("Service", "kubernetes", "default"),
        ("ClusterRole", "system:node", ""),
        ("ClusterRoleBinding", "kubeadm:get-nodes", ""),
        ("DaemonSet", "kube-proxy", "kube-system"),
        ("ConfigMap", "cluster-info", "kube-public"),
    ],
)
def test_what_every_cluster_brings_along_is_nobodys_to_declare(kind: str, name: str, namespace: str) -> None:
    assert told_of(kind, name, namespace) == KUBERNETES


@pytest.mark.parametrize(
    ("kind", "name", "namespace"),
    [
        ("Namespace", "shop", ""),
        ("ServiceAccount", "web", "shop"),
        ("Service", "kubernetes", "shop"),
        ("Service", "web", "default"),
        ("Role", "system:evil", "shop"),
        ("ClusterRoleBinding", "cluster-admin", ""),
        ("Pod", "default", "shop"),
    ],
)
def test_what_somebody_made_is_theirs_to_declare(kind: str, name: str, namespace: str) -> None:
    assert told_of(kind, name, namespace) == ""


def test_bootstrap_label_counts_only_on_the_roles_that_carry_it() -> None:
    labels: dict[str, Json] = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    assert told_of("ClusterRole", "cluster-admin", labels=labels) == KUBERNETES
    assert told_of("ClusterRoleBinding", "cluster-admin", labels=labels) == KUBERNETES
    assert told_of("ClusterRoleBinding", "backdoor", labels=labels) == ""


def test_secrets_that_controllers_make_are_theirs() -> None:
    token: dict[str, Json] = {"kubernetes.io/service-account.uid": "1", "kubernetes.io/service-account.name": "web"}
    assert told_of("Secret", "web-token-x7k2p", "shop", annotations=token) == KUBERNETES
    assert told_of("Secret", "my-own", "shop", annotations=token) == ""
    assert told_of("Secret", "sh.helm.release.v1.web.v3", "shop", labels={"owner": "helm"}) == "Helm"
    assert told_of("Secret", "db", "shop") == ""


def owned(reference: Mapping[str, Json]) -> dict[str, Json]:
    return {"metadata": {"name": "web-a", "namespace": "shop", "ownerReferences": [dict(reference)]}}


def test_only_a_controller_owns_what_it_manages() -> None:
    reference: dict[str, Json] = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u"}
    assert controller_of(owned(reference)) is None
    controlled = owned({**reference, "controller": True})
    assert belongs_to_known(controlled, {"u"})
    assert not belongs_to_known(controlled, {"other"})
    assert managed_by(controlled, RESOURCES["Kubernetes::Pod"], {}) == ""


@pytest.mark.parametrize("references", [None, 3, [3], [{"controller": True}], {"controller": True}])
def test_odd_owner_references_do_no_harm(references: Json) -> None:
    body: dict[str, Json] = {"metadata": {"name": "x", "namespace": "shop", "ownerReferences": references}}
    assert not belongs_to_known(body, {"u"})
    assert isinstance(managed_by(body, RESOURCES["Kubernetes::Pod"], {}), str)


# Service accounts.


def accounts(resources: Sequence[Resource]) -> Value:
    [template] = [resource for resource in resources if resource.kind == "Kubernetes::PodTemplate"]
    return template.related["ServiceAccounts"]


def account(name: str, namespace: str | None, file: str = "all.yaml") -> RawResource:
    return raw("ServiceAccount", name, namespace, file=file)


def run_as(name: str, namespace: str | None = "shop") -> RawResource:
    spec: Object = {"serviceAccountName": name, "containers": [{"name": "c", "image": "i:1"}]}
    return raw("Pod", "web", namespace, spec)


def test_a_pod_template_knows_the_account_it_runs_as() -> None:
    found = accounts(linked(run_as("web"), account("web", "shop"), account("other", "shop"), account("web", "ci")))
    assert names(found) == ["web"]
    assert isinstance(found, list)


def test_without_a_name_it_is_the_default_account_which_nobody_need_write() -> None:
    assert names(accounts(linked(workload("web", "shop"), account("default", "shop")))) == ["default"]
    assert accounts(linked(workload("web", "shop"))) == []


def test_an_account_that_stands_elsewhere_is_not_absent() -> None:
    found = accounts(linked(run_as("web")))
    assert isinstance(found, OpenList)
    assert "declares its service account web" in found.reason


def test_an_account_that_was_found_is_the_only_one_of_its_name() -> None:
    """What was not read (a chart that nobody rendered) cannot declare another."""
    unread = ("Helm chart c was not rendered",)
    assert names(accounts(linked(run_as("web"), account("web", "shop"), unread=unread))) == ["web"]
    assert isinstance(accounts(linked(run_as("web"), account("web", "shop"), unread=unread)), list)
    assert isinstance(accounts(linked(run_as("web"), account("web", "ci"), unread=unread)), OpenList)


def test_an_account_without_a_namespace_may_be_the_one() -> None:
    found = accounts(linked(run_as("web"), account("web", None)))
    assert isinstance(found, OpenList)
    assert not found.items
    assert names(accounts(linked(run_as("web", None), account("web", None)))) == ["web"]


def test_a_live_pod_template_knows_its_account_by_namespace_and_name() -> None:
    live = [
        made
        for described in (run_as("web"), account("web", "shop"), account("web", "ci"))
        for made in from_object(described.body, side=Side.LIVE, where=LiveRef("kubernetes", "c", "", "u", "call", ""))[
            0
        ]
    ]
    assert names(accounts(kinds.link(live))) == ["web"]
