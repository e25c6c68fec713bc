"""The beginning of a rule: everything that has to be there, with what only its author knows left to fill in.

What is written names the kind, the sides on which it can be asked, and a fixture for every verdict that the rule's own
test wants to see. The condition asks for a property that no kind has, so that nobody takes the beginning for the end:
the loader refuses it, and lists the properties that there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from soc2gate.kinds import registry
from soc2gate.kinds.kubernetes_api import POD_TEMPLATE, RESOURCES

PLACEHOLDER = "FillThisIn"
"""No kind has a property of this name."""
_KUBERNETES = "Kubernetes::"
_FIX = {
    "terraform": "Set `…`.",
    "cloudformation": "Set `…`.",
    "manifests": "Set `…`.",
    "live": "aws … / kubectl …",
}
_TOLD = {
    "pass": "what is all right",
    "fail": "what is not",
    "unknown": "what these files do not decide; without such a case delete this file and say `always_decided`",
}


def scaffold(rule_id: str, kind: str, control: str, severity: str) -> dict[str, str]:
    """The files of a new rule's folder: name to text."""
    sides = sides_of(kind)
    files = {"rule.yaml": _rule(rule_id, kind, control, severity, sides)}
    for side in sides:
        for verdict in ("pass", "fail", "unknown"):
            name, text = _FIXTURES[side](verdict, kind)
            files[name] = text
    return files


def sides_of(kind: str) -> tuple[str, ...]:
    """Where resources of the kind can be told of."""
    if kind.startswith(_KUBERNETES):
        return ("manifests", "live")
    described = registry.kind(kind)
    told = {
        "terraform": bool(described.terraform),
        "cloudformation": described.cloudformation is not None,
        "live": registry.has_live(kind),
    }
    return tuple(side for side, can in told.items() if can)


def _rule(rule_id: str, kind: str, control: str, severity: str, sides: tuple[str, ...]) -> str:
    fix = "\n".join(f"  {side}: {_FIX[side]}" for side in sides)
    return f"""\
id: {rule_id}
title: What holds when all is well, said as a fact
severity: {severity}
control: {control}
kind: {kind}
assert: resource.{PLACEHOLDER} # one CEL expression that holds when all is well: soc2gate rules show s3-encryption
message: what is wrong, in a few words
why: What can happen where it does not hold.
fix:
{fix}
sides: [{", ".join(sides)}]
"""


def _terraform(verdict: str, kind: str) -> tuple[str, str]:
    type_ = registry.kind(kind).terraform[0].type
    variable = 'variable "value" {}\n\n' if verdict == "unknown" else ""
    return f"{verdict}.tf", f'# {_TOLD[verdict]}\n{variable}resource "{type_}" "example" {{\n}}\n'


def _cloudformation(verdict: str, kind: str) -> tuple[str, str]:
    parameter = "Parameters:\n  Value:\n    Type: String\n" if verdict == "unknown" else ""
    body = f"Resources:\n  Example:\n    Type: {kind}\n    Properties: {{}}\n"
    return f"{verdict}.cfn.yaml", f"# {_TOLD[verdict]}\n{parameter}{body}"


def _manifest(verdict: str, kind: str) -> tuple[str, str]:
    api = RESOURCES.get(kind)
    if api is None:
        # Pods are judged in any workload; the API server in its pod.
        api = RESOURCES["Kubernetes::Deployment" if kind == POD_TEMPLATE else "Kubernetes::Pod"]
    namespace = "\n  namespace: shop" if api.namespaced else ""
    spec = (
        "spec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: example/web:1.0\n"
        if api.template == "spec.template"
        else ""
    )
    text = f"apiVersion: {api.api_version}\nkind: {api.name}\nmetadata:\n  name: example{namespace}\n{spec}"
    return f"{verdict}.k8s.yaml", f"# {_TOLD[verdict]}\n{text}"


def _live(verdict: str, kind: str) -> tuple[str, str]:
    provider = "kubernetes" if kind.startswith(_KUBERNETES) else "aws"
    call = registry.listing_call(kind) or "list pods"
    excerpt: dict[str, object] = {
        "schema": "soc2gate.snapshot/1",
        "provider": provider,
        "account": "123456789012" if provider == "aws" else "example",
        "resources": [{"kind": kind, "uid": "example", "call": call, "properties": {}}],
    }
    if verdict == "unknown":
        denied = {"kind": kind, "uid": "example", "call": call, "error": "AccessDenied", "property": "*"}
        excerpt["failed_calls"] = [denied]
    return f"{verdict}.live.json", json.dumps(excerpt, indent=2) + "\n"


_FIXTURES: Mapping[str, Callable[[str, str], tuple[str, str]]] = {
    "terraform": _terraform,
    "cloudformation": _cloudformation,
    "manifests": _manifest,
    "live": _live,
}
