"""Kubernetes objects in the normal form: what is kept, dropped, filled in and refused."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from soc2gate.kinds.kubernetes import (
    CHOSEN_AT_APPLY,
    KINDS,
    from_manifest,
    from_object,
    normalise_manifests,
    pod_templates,
    spelling_type,
)
from soc2gate.kinds.kubernetes_api import RESOURCES, find, path_in_workload
from soc2gate.kinds.kubernetes_defaults import CONSTANTS, image_tag
from soc2gate.kinds.kubernetes_objects import _DROPPED, _QUANTITIES
from soc2gate.kinds.kubernetes_quantities import normalise_quantity
from soc2gate.model.resource import LiveRef, RawResource, Reading, Resource, Side, Span, Where
from soc2gate.model.value import Unknown, Value
from soc2gate.schema import lookup
from soc2gate.schema.types import ListType, MapType, ObjectType, Type, at

Object = dict[str, Value]
HERE = Span("web.yaml", 1, 1, 40)
SEEN = LiveRef("kubernetes", "prod", "", "apps/Deployment/shop/web", "list deployments.apps", "2026-11-21T09:00:00Z")


def declared(body: Mapping[str, Value], places: Mapping[str, Where] | None = None) -> Resource:
    resources, problems = from_object(body, side=Side.DECLARED, where=HERE, places=places)
    assert problems == []
    return resources[0]


def live(body: Mapping[str, Value]) -> Resource:
    resources, problems = from_object(body, side=Side.LIVE, where=SEEN)
    assert problems == []
    return resources[0]


def value(resource: Resource, *steps: str | int) -> Value:
    found: Value = dict(resource.properties)
    for step in steps:
        if isinstance(step, int):
            assert isinstance(found, list)
            found = found[step]
        else:
            assert isinstance(found, dict)
            found = found.get(step)
    return found


def container(**more: Value) -> Object:
    return {"name": "web", "image": "registry.example/web:1.4", **more}


def deployment(*containers: Object, **spec: Value) -> Object:
    labels: Object = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": dict(labels)},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": list(containers) or [container()]}},
            **spec,
        },
    }


def of(kind: str, spec: Object, api_version: str = "v1", **more: Value) -> Object:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "x", "namespace": "shop"},
        "spec": spec,
        **more,
    }


# Dropped, kept, spelled one way.


def test_bookkeeping_of_the_server_is_dropped_on_both_sides() -> None:
    body = deployment()
    body["metadata"] = {
        "name": "web",
        "namespace": "shop",
        "uid": "1",
        "resourceVersion": "7",
        "generation": 3,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [],
        "selfLink": "/x",
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "deployment.kubernetes.io/revision": "4",
            "team": "shop",
        },
    }
    body["status"] = {"replicas": 1}
    for resource in (declared(body), live(body)):
        assert value(resource, "metadata") == {"name": "web", "namespace": "shop", "annotations": {"team": "shop"}}
        assert "status" not in resource.properties


def test_annotations_that_were_all_bookkeeping_are_gone() -> None:
    body = deployment()
    body["metadata"] = {"name": "web", "namespace": "shop", "annotations": {"deployment.kubernetes.io/revision": "1"}}
    assert value(live(body), "metadata") == {"name": "web", "namespace": "shop"}


def test_written_nothing_is_absent() -> None:
    resource = declared(deployment(container(securityContext=None)))
    assert "securityContext" not in value(resource, "spec", "template", "spec", "containers", 0)  # type: ignore[operator]


def test_bare_dash_is_an_empty_rule_that_allows_everything() -> None:
    policy = of("NetworkPolicy", {"ingress": [None]}, "networking.k8s.io/v1")
    assert value(declared(policy), "spec", "ingress") == [{}]


def test_quantities_are_spelled_one_way() -> None:
    resource = declared(deployment(container(resources={"limits": {"memory": "1024Mi", "cpu": "1000m"}})))
    limits = value(resource, "spec", "template", "spec", "containers", 0, "resources", "limits")
    assert limits == {"memory": "1Gi", "cpu": "1"}


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("1024Mi", "1Gi"),
        ("1000m", "1"),
        (1, "1"),
        (0.5, "500m"),
        ("0.5", "500m"),
        ("1e3", "1k"),
        ("1E", "1E"),
        ("128M", "128M"),
        ("1.5Gi", "1536Mi"),
        ("0", "0"),
        ("0Mi", "0"),
        ("-1", "-1"),
        ("100Mib", "100Mib"),
        ("", ""),
        ("1e999999999", "1e999999999"),
    ],
)
def test_normalised_quantity(written: str | int | float, normal: str) -> None:
    assert normalise_quantity(written) == normal


def test_the_input_is_left_as_it_was() -> None:
    body = deployment(container(resources={"limits": {"memory": "1024Mi"}}))
    before = repr(body)
    declared(body)
    assert repr(body) == before


def test_older_api_versions_are_the_same_kind() -> None:
    assert spelling_type("extensions/v1beta1 Deployment") == "apps/v1 Deployment"
    assert spelling_type("serving.knative.dev/v1 Service") == "serving.knative.dev/v1 Service"
    assert find("serving.knative.dev/v1", "Service") is None
    old = declared({**deployment(), "apiVersion": "extensions/v1beta1"})
    assert (old.kind, old.properties["apiVersion"]) == ("Kubernetes::Deployment", "apps/v1")


def test_ingress_of_an_older_version_has_the_current_shape() -> None:
    old = of(
        "Ingress",
        {
            "backend": {"serviceName": "all", "servicePort": "http"},
            "rules": [{"http": {"paths": [{"path": "/", "backend": {"serviceName": "web", "servicePort": 80}}]}}],
        },
        "networking.k8s.io/v1beta1",
    )
    spec = value(declared(old), "spec")
    assert spec == {
        "defaultBackend": {"service": {"name": "all", "port": {"name": "http"}}},
        "rules": [
            {
                "http": {
                    "paths": [
                        {
                            "pathType": "ImplementationSpecific",
                            "path": "/",
                            "backend": {"service": {"name": "web", "port": {"number": 80}}},
                        }
                    ]
                }
            }
        ],
    }


def test_autoscaler_of_version_one_has_the_current_shape() -> None:
    old = of(
        "HorizontalPodAutoscaler",
        {
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "maxReplicas": 3,
            "targetCPUUtilizationPercentage": 80,
        },
        "autoscaling/v1",
    )
    target = value(declared(old), "spec", "metrics", 0, "resource", "target")
    assert target == {"type": "Utilization", "averageUtilization": 80}


# Secrets.


def test_secret_keeps_its_keys_and_never_its_values() -> None:
    body: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "data": {"password": "aHVudGVyMg=="},
        "stringData": {"user": "hunter2", "port": 5432},
    }
    for side in (Side.DECLARED, Side.LIVE):
        resources, problems = from_object(body, side=side, where=HERE)
        assert "aHVudGVyMg" not in repr(resources)
        assert "hunter2" not in repr((resources, problems))
        assert "5432" not in repr((resources, problems))
        data = resources[0].properties["data"]
        assert isinstance(data, dict)
        assert list(data) == ["password", "port", "user"]
        assert "stringData" not in resources[0].properties


# Types.


def test_value_of_another_type_is_brought_over_where_its_meaning_is_plain() -> None:
    body = deployment(container(env=[{"name": "PORT", "value": 8080}], securityContext={"privileged": "true"}))
    resource = declared(body)
    assert value(resource, "spec", "template", "spec", "containers", 0, "env", 0, "value") == "8080"
    assert value(resource, "spec", "template", "spec", "containers", 0, "securityContext", "privileged") is True
    assert "spec.template.spec.containers[0].securityContext.privileged" in resource.notes


def test_value_that_the_server_refuses_is_unknown_and_a_problem_at_its_line() -> None:
    body = deployment(container(securityContext={"privileged": "maybe"}))
    path = "spec.template.spec.containers[0].securityContext.privileged"
    line = Span("web.yaml", 17)
    resources, problems = from_object(body, side=Side.DECLARED, where=HERE, places={path: line})
    found = value(resources[0], "spec", "template", "spec", "containers", 0, "securityContext", "privileged")
    assert isinstance(found, Unknown)
    assert [(problem.where, "privileged" in problem.message) for problem in problems] == [(line, True)]


def test_list_that_is_no_list_is_refused() -> None:
    resources, problems = from_object(
        of("NetworkPolicy", {"policyTypes": "Ingress"}, "networking.k8s.io/v1"), side=Side.DECLARED, where=HERE
    )
    assert isinstance(value(resources[0], "spec", "policyTypes"), Unknown)
    assert len(problems) == 1


def test_what_is_unknown_stays_unknown() -> None:
    unknown = Unknown("filled in by a template")
    resource = declared(deployment(container(image=unknown, securityContext=unknown)))
    first = value(resource, "spec", "template", "spec", "containers", 0)
    assert isinstance(first, dict)
    assert first["image"] is unknown
    assert first["securityContext"] is unknown
    assert isinstance(first["imagePullPolicy"], Unknown)


def test_required_property_that_nobody_wrote_is_unknown_in_code_and_absent_in_the_cluster() -> None:
    body = of("Deployment", {"selector": {}}, "apps/v1")
    assert isinstance(value(declared(body), "spec", "template"), Unknown)
    assert value(live(body), "spec", "template") is None


# Defaults.


def test_defaults_of_the_server_are_filled_in_and_say_so() -> None:
    resource = declared(deployment(container(ports=[{"containerPort": 80}], livenessProbe={"httpGet": {"port": 80}})))
    assert value(resource, "spec", "replicas") == 1
    assert value(resource, "spec", "strategy") == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    first = value(resource, "spec", "template", "spec", "containers", 0)
    assert isinstance(first, dict)
    assert first["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert first["imagePullPolicy"] == "IfNotPresent"
    assert resource.defaults["spec.replicas"] == "not written: the API server sets 1 (apps/v1 defaults)"
    assert "spec.template.spec.containers[0].livenessProbe.periodSeconds" in resource.defaults
    assert "spec.template.spec.containers[0].image" not in resource.defaults


def test_what_somebody_wrote_is_no_default() -> None:
    resource = declared(deployment(replicas=3, strategy={"type": "Recreate"}))
    assert value(resource, "spec", "strategy") == {"type": "Recreate"}
    assert not {"spec.replicas", "spec.strategy.type"} & resource.defaults.keys()


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("nginx", "latest"),
        ("nginx:latest", "latest"),
        ("nginx:1.25", "1.25"),
        ("localhost:5000/nginx", "latest"),
        ("localhost:5000/nginx:2", "2"),
        ("nginx@sha256:0af1", ""),
        ("nginx:1@sha256:0af1", "1"),
        ("nginx:latest@sha256:0af1", "latest"),
    ],
)
def test_tag_that_an_image_means(image: str, tag: str) -> None:
    assert image_tag(image) == tag
    policy = value(declared(deployment(container(image=image))), "spec", "template", "spec", "containers", 0)
    assert isinstance(policy, dict)
    assert policy["imagePullPolicy"] == ("Always" if tag == "latest" else "IfNotPresent")


@pytest.mark.parametrize(
    ("written", "types"),
    [
        ({}, ["Ingress"]),
        ({"ingress": []}, ["Ingress"]),
        ({"egress": []}, ["Ingress"]),
        ({"egress": [{}]}, ["Ingress", "Egress"]),
        ({"policyTypes": ["Egress"]}, ["Egress"]),
        ({"policyTypes": []}, ["Ingress"]),
    ],
)
def test_network_policy_types_follow_from_what_is_written(written: Object, types: list[str]) -> None:
    spec = value(declared(of("NetworkPolicy", written, "networking.k8s.io/v1")), "spec")
    assert isinstance(spec, dict)
    assert spec["policyTypes"] == types
    assert spec["podSelector"] == {}


def test_policy_types_are_unknown_where_egress_is() -> None:
    policy = of("NetworkPolicy", {"egress": Unknown("templated")}, "networking.k8s.io/v1")
    assert isinstance(value(declared(policy), "spec", "policyTypes"), Unknown)


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ({}, {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}),
        ({"type": "ExternalName"}, {"type": "ExternalName", "sessionAffinity": "None"}),
        ({"type": "NodePort"}, {"externalTrafficPolicy": "Cluster", "internalTrafficPolicy": "Cluster"}),
        ({"type": "LoadBalancer"}, {"allocateLoadBalancerNodePorts": True}),
        ({"sessionAffinity": "ClientIP"}, {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}),
        ({"ports": [{"port": 80}]}, {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}),
    ],
)
def test_service_defaults_follow_its_type(written: Object, filled: Object) -> None:
    spec = value(declared(of("Service", written)), "spec")
    assert isinstance(spec, dict)
    assert {key: spec.get(key) for key in filled} == filled
    assert not {"clusterIP", "ipFamilies"} & spec.keys()


def test_pod_defaults_are_not_those_of_a_template() -> None:
    spec: Object = {"containers": [container(resources={"limits": {"cpu": "1"}})], "hostNetwork": True}
    pod = value(declared(of("Pod", dict(spec))), "spec")
    template = value(declared(deployment(container(resources={"limits": {"cpu": "1"}}))), "spec", "template", "spec")
    assert isinstance(pod, dict)
    assert isinstance(template, dict)
    assert pod["serviceAccountName"] == "default"
    assert value(declared(of("Pod", dict(spec))), "spec", "containers", 0, "resources", "requests") == {"cpu": "1"}
    assert not {"serviceAccountName", "enableServiceLinks"} & template.keys()


def test_job_inside_a_cron_job_is_not_a_job() -> None:
    job_spec: Object = {"template": {"spec": {"containers": [container()], "restartPolicy": "Never"}}}
    job = value(declared(of("Job", dict(job_spec), "batch/v1")), "spec")
    cron = of("CronJob", {"schedule": "@daily", "jobTemplate": {"spec": job_spec}}, "batch/v1")
    inner = value(declared(cron), "spec", "jobTemplate", "spec")
    assert isinstance(job, dict)
    assert isinstance(inner, dict)
    assert (job["backoffLimit"], job["completions"]) == (6, 1)
    assert "backoffLimit" not in inner


def test_older_service_account_field_is_taken_over() -> None:
    pod = value(declared(of("Pod", {"containers": [container()], "serviceAccount": "shop"})), "spec")
    assert isinstance(pod, dict)
    assert pod["serviceAccountName"] == "shop"
    assert "serviceAccount" not in pod


def test_rules_that_the_cluster_gathers_are_unknown_in_code() -> None:
    role: Object = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "all"},
        "aggregationRule": {"clusterRoleSelectors": [{}]},
        "rules": [],
    }
    assert isinstance(declared(role).properties["rules"], Unknown)
    assert live({**role, "rules": [{"verbs": ["get"]}]}).properties["rules"] == [{"verbs": ["get"]}]


# What admission and controllers add to running objects.


def test_running_pod_reads_as_it_was_written() -> None:
    written = of("Pod", {"containers": [container()]})
    running = of(
        "Pod",
        {
            "containers": [
                container(
                    volumeMounts=[{"name": "kube-api-access-x7k2p", "mountPath": "/var/run/secrets"}],
                    resources={},
                )
            ],
            "volumes": [{"name": "kube-api-access-x7k2p", "projected": {"sources": []}}],
            "nodeName": "node-1",
            "priority": 0,
            "preemptionPolicy": "PreemptLowerPriority",
            "enableServiceLinks": True,
            "serviceAccount": "default",
            "serviceAccountName": "default",
            "tolerations": [
                {
                    "key": f"node.kubernetes.io/{what}",
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": 300,
                }
                for what in ("not-ready", "unreachable")
            ],
        },
    )
    assert live(running).properties == declared(written).properties


def test_running_job_reads_as_it_was_written() -> None:
    def job(labels: Object, **spec: Value) -> Object:
        template: Object = {"metadata": {"labels": labels} if labels else {}, "spec": {"containers": [container()]}}
        return of("Job", {"template": template, **spec}, "batch/v1")

    made = job(
        {"batch.kubernetes.io/controller-uid": "1", "job-name": "x"},
        selector={"matchLabels": {"batch.kubernetes.io/controller-uid": "1"}},
    )
    assert live(made).properties == declared(job({})).properties


# Identity.


def test_identity_is_group_kind_namespace_and_name() -> None:
    resource = live(deployment())
    assert resource.address == "apps/Deployment/shop/web"
    assert resource.identity == {
        "group": "apps",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "id": "apps/Deployment/shop/web",
    }


def test_namespace_that_is_not_written_is_chosen_at_apply() -> None:
    body = deployment()
    body["metadata"] = {"name": "web"}
    resource = declared(body)
    assert resource.identity["namespace"] is CHOSEN_AT_APPLY
    assert value(resource, "metadata", "namespace") is CHOSEN_AT_APPLY
    assert value(pod_templates(resource)[0], "metadata", "namespace") is CHOSEN_AT_APPLY


def test_cluster_wide_objects_have_no_namespace() -> None:
    role: Object = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "all", "namespace": "shop"},
    }
    assert "namespace" not in declared(role).identity
    assert live(role).address == "rbac.authorization.k8s.io/ClusterRole/all"


def test_generated_name_is_unknown_with_its_beginning() -> None:
    job = of("Job", {"template": {"spec": {"containers": [container()]}}}, "batch/v1")
    job["metadata"] = {"generateName": "migrate-", "namespace": "shop"}
    name = declared(job).identity["name"]
    assert isinstance(name, Unknown)
    assert name.prefix == "migrate-"


# Pod templates.


@pytest.mark.parametrize(
    "name", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod"]
)
def test_every_workload_has_its_pod_template(name: str) -> None:
    api = RESOURCES[f"Kubernetes::{name}"]
    spec: Object = {"containers": [container()]}
    body: Object = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    path = "" if api.template == "." else f"{api.template}."
    for step in reversed(api.template.split(".") if path else []):
        body = {step: body}
    whole = {**body, "apiVersion": api.api_version, "kind": name}
    whole["metadata"] = {"name": "web", "namespace": "shop", "labels": {"app": "web"}}
    places = {f"{path}spec.containers[0].image": Span("web.yaml", 12)}
    resources, problems = from_object(
        whole, side=Side.DECLARED, where=HERE, places=places, address=f"{name}/shop/web", root="k8s"
    )
    assert problems == [] or name in ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
    workload, template = resources
    assert template.kind == "Kubernetes::PodTemplate"
    assert (template.address, template.root, template.derived_from) == (f"{name}/shop/web", "k8s", workload.kind)
    assert template.places["spec.containers[0].image"] == Span("web.yaml", 12)
    assert "spec.containers[0].terminationMessagePath" in template.defaults
    assert template.identity["workload"] == f"{name}/web"
    metadata = template.properties["metadata"]
    assert isinstance(metadata, dict)
    assert (metadata["labels"], metadata["namespace"]) == ({"app": "web"}, "shop")


def test_template_that_is_not_known_is_judged_as_unknown() -> None:
    body = of("Deployment", {"selector": {}, "template": Unknown("templated")}, "apps/v1")
    (template,) = pod_templates(declared(body))
    assert template.properties == {"metadata": {"namespace": "shop"}, "spec": Unknown("templated")} or isinstance(
        template.properties["spec"], Unknown
    )


def test_path_of_a_template_in_its_workload() -> None:
    assert path_in_workload("Kubernetes::CronJob", "spec.hostPID") == "spec.jobTemplate.spec.template.spec.hostPID"
    assert path_in_workload("Kubernetes::Pod", "spec.hostPID") == "spec.hostPID"
    assert path_in_workload("AWS::S3::Bucket", "spec.hostPID") == "spec.hostPID"
    assert path_in_workload("Kubernetes::Deployment", "") == ""


def test_other_kinds_have_no_pod_template() -> None:
    assert pod_templates(declared(of("Service", {}))) == ()


# Readings.


def test_custom_resources_are_counted_and_not_judged() -> None:
    def raw(type_: str, name: str) -> RawResource:
        api_version, _, kind = type_.rpartition(" ")
        body: Object = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}}
        return RawResource("kubernetes", type_, f"{kind}/shop/{name}", ".", body, HERE, {})

    reading = Reading("kubernetes", ".", (raw("argoproj.io/v1alpha1 Rollout", "a"), raw("v1 ConfigMap", "b")))
    told = normalise_manifests([reading, Reading("terraform", "infra", ())])
    assert told.unjudged == {"argoproj.io/v1alpha1 Rollout": 1}
    assert [resource.kind for resource in told.resources] == ["Kubernetes::ConfigMap", "Kubernetes::Namespace"]
    assert from_manifest(raw("argoproj.io/v1alpha1 Rollout", "a")) is None


def test_object_without_metadata_or_with_odd_metadata_does_not_break_the_scan() -> None:
    odd: list[Value] = [None, "x", [], Unknown("templated"), {"name": 3}, {"name": ["x"], "namespace": {}}]
    for metadata in odd:
        body: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": "x"}}
        resources, _ = from_object(body, side=Side.DECLARED, where=HERE)
        assert len(resources) == 2


# The tables.


def test_every_kind_has_a_schema_and_its_paths_exist() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    for kind in KINDS:
        type_ = lookup.type_of(kind.name)
        for path in kind.ignored + kind.unordered:
            if not (path in ("apiVersion", "kind") and kind.name.endswith(("PodTemplate", "ApiServer"))):
                assert at(type_, path) is not None, f"{kind.name} has no {path}"


def test_tables_name_structures_and_properties_that_exist() -> None:
    structures: dict[str, ObjectType] = {}

    def gather(type_: Type) -> None:
        if isinstance(type_, ListType):
            gather(type_.item)
        elif isinstance(type_, MapType):
            gather(type_.value)
        elif isinstance(type_, ObjectType):
            name = type_.name.rpartition(".")[2]
            if name not in structures:
                structures[name] = type_
                for inner in type_.properties.values():
                    gather(inner)

    for kind in RESOURCES:
        gather(lookup.type_of(kind))
    for name, entries in CONSTANTS.items():
        for key, constant, _ in entries:
            told = structures[name].properties[key]
            assert str(told) in {bool: ("bool",), int: ("int", "any"), str: ("string", "any")}[type(constant)]
    for table in (_QUANTITIES, {k: v - {"clusterName"} for k, v in _DROPPED.items()}):
        for name, keys in table.items():
            assert keys <= structures[name].properties.keys(), name


def test_thousand_manifests_are_normalised_well_within_a_second() -> None:
    raws = []
    for n in range(1000):
        body = deployment(container(ports=[{"containerPort": 80}], resources={"limits": {"cpu": "500m"}}))
        body["metadata"] = {"name": f"web-{n}", "namespace": f"shop-{n % 20}"}
        raws.append(RawResource("kubernetes", "apps/v1 Deployment", f"Deployment/web-{n}", ".", body, HERE, {}))
    normalise_manifests([Reading("kubernetes", ".", tuple(raws[:1]))])
    start = time.process_time()
    told = normalise_manifests([Reading("kubernetes", ".", tuple(raws))])
    took = time.process_time() - start
    assert len(told.resources) == 2020
    # Measured 0.15 s; the rest is for slow machines.
    assert took < 1.0


def test_a_template_without_a_pod_s_spec_is_not_known_to_be_without_containers() -> None:
    workload = declared(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {"template": {"metadata": {"labels": {"app": "web"}}}},
        }
    )
    (template,) = pod_templates(workload)
    assert template.properties["spec"] == Unknown("spec is required and not written")
