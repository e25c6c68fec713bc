"""Charts and overlays where people meet them: a scan, a change against its base, the files of a commit."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
from git_for_tests import NOW, Repository, failures

import soc2gate

pytestmark = pytest.mark.helm

RULE = "k8s-no-privileged"
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  namespace: shop
spec:
  containers:
    - name: web
      image: web:1
      securityContext:
        privileged: {{ include "web.privileged" . }}
"""
CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "charts/web/values.yaml": "privileged: false\n",
    "charts/web/templates/_helpers.tpl": '{{ define "web.privileged" }}{{ .Values.privileged }}{{ end }}\n',
    "charts/web/templates/pod.yaml": POD,
    "charts/web/templates/other.yaml": POD.replace(".Release.Name }}", ".Release.Name }}-2").replace(
        '{{ include "web.privileged" . }}', "true"
    ),
}
OVERLAY = {
    "base/pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n"
        "  containers:\n  - name: web\n    image: web:1\n"
    ),
    "base/kustomization.yaml": "resources: [pod.yaml]\n",
    "overlays/prod/kustomization.yaml": "resources: [../../base]\npatches:\n- path: patch.yaml\n",
    "overlays/prod/patch.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n"
        "  containers:\n  - name: web\n    securityContext: {privileged: true}\n"
    ),
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def tools(kubernetes_tools: str) -> dict[str, str]:
    return {"PATH": kubernetes_tools}


def privileged(result: object) -> set[str]:
    assert isinstance(result, dict)
    return {address for rule, address in failures(result) if rule == RULE}


def test_a_scan_shows_the_line_of_the_template(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit(CHART)
    done = repository.run("scan", "--now", NOW, "--rule", RULE, more=tools)
    assert done.returncode == 1
    assert "charts/web/templates/other.yaml:11  Pod/shop/web-2" in done.stdout
    assert "11 │         privileged: true" in done.stdout


def test_changed_values_count_for_everything_in_the_chart(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit({**CHART, "charts/web/values.yaml": "privileged: true\n"})
    code, result = repository.scan("--changed", "charts/web/values.yaml", more=tools)
    assert (code, privileged(result)) == (1, {"Pod/shop/web", "Pod/shop/web-2"})


def test_a_changed_helper_counts_for_everything_in_the_chart(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit({**CHART, "charts/web/values.yaml": "privileged: true\n"})
    code, result = repository.scan("--changed", "charts/web/templates/_helpers.tpl", more=tools)
    assert (code, privileged(result)) == (1, {"Pod/shop/web", "Pod/shop/web-2"})


def test_a_changed_template_counts_for_its_own_objects(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit({**CHART, "charts/web/values.yaml": "privileged: true\n"})
    code, result = repository.scan("--changed", "charts/web/templates/pod.yaml", more=tools)
    assert (code, privileged(result)) == (1, {"Pod/shop/web"})
    assert result["changed"]["elsewhere"] > 0


def test_changed_values_of_one_environment_count_for_that_environment(
    repository: Repository, tools: dict[str, str]
) -> None:
    repository.commit({**CHART, "charts/web/values-prod.yaml": "privileged: true\n"})
    code, result = repository.scan("--changed", "charts/web/values-prod.yaml", more=tools)
    assert (code, privileged(result)) == (1, {"Pod/shop/web", "Pod/shop/web-2"})
    assert {finding["root"] for finding in result["findings"]} == {"charts/web (prod)"}


@pytest.mark.parametrize("file", ["overlays/prod/patch.yaml", "overlays/prod/kustomization.yaml", "base/pod.yaml"])
def test_every_file_of_an_overlay_counts(repository: Repository, tools: dict[str, str], file: str) -> None:
    repository.commit(OVERLAY)
    code, result = repository.scan("--changed", file, more=tools)
    assert (code, privileged(result)) == (1, {"Pod/shop/web"})


def test_a_changed_chart_is_judged_as_an_application_deploys_it(repository: Repository, tools: dict[str, str]) -> None:
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\n"
        "spec:\n  source:\n    repoURL: https://example.org/shop\n    path: charts/web\n"
        "    helm: {valuesObject: {privileged: true}}\n"
    )
    repository.commit({**CHART, "argo/shop.yaml": application})
    for file in ("charts/web/templates/pod.yaml", "argo/shop.yaml"):
        code, result = repository.scan("--changed", file, more=tools)
        assert code == 1
        assert "Pod/shop/shop" in privileged(result)


def test_values_that_open_a_chart_are_new_against_the_base(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit(CHART)
    base = repository.git("rev-parse", "HEAD")
    repository.commit({"charts/web/values.yaml": "privileged: true\n"})
    code, result = repository.scan("--diff-base", base, more=tools)
    new = {item["address"] for item in result["findings"] if item["rule"] == RULE and item["new"]}
    assert (code, new) == (1, {"Pod/shop/web"})
    # What is wrong since before is listed, and does not close the gate.
    assert "Pod/shop/web-2" in privileged(result)


def test_a_template_that_only_moves_is_not_new(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit(CHART)
    base = repository.git("rev-parse", "HEAD")
    other = CHART["charts/web/templates/other.yaml"]
    repository.commit(
        {"charts/web/templates/other.yaml": None, "charts/web/templates/second.yaml": "{{/* the second */}}\n" + other}
    )
    code, result = repository.scan("--diff-base", base, more=tools)
    assert (code, [item for item in result["findings"] if item["verdict"] == "fail" and item["new"]]) == (0, [])


def test_a_waiver_in_a_template_waives(repository: Repository, tools: dict[str, str]) -> None:
    waiver = f'# soc2gate:waive {RULE} reason="kept" owner=team approver=boss expires=2026-07-01 ticket=A-1\n'
    other = CHART["charts/web/templates/other.yaml"]
    indent = "      "
    changed = other.replace(f"{indent}securityContext:", f"{indent}{waiver}{indent}securityContext:")
    repository.commit({**CHART, "charts/web/templates/other.yaml": changed})
    _, result = repository.scan("--rule", RULE, more=tools)
    assert privileged(result) == set()


def test_the_files_a_chart_is_made_of_are_files_of_the_hook() -> None:
    hooks = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8")
    pattern = re.search(r"files: (.+\$)", hooks)
    assert pattern is not None
    for name in [*CHART, *OVERLAY]:
        assert re.search(pattern[1], name), name


def test_pre_commit_stops_values_that_open_a_chart(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit(
        {
            **CHART,
            ".pre-commit-config.yaml": (
                "repos:\n- repo: local\n  hooks:\n  - id: soc2gate\n    name: soc2gate\n    language: system\n"
                "    entry: python -m soc2gate scan --changed --on-incomplete report\n    require_serial: true\n"
            ),
        }
    )
    repository.write({"charts/web/values.yaml": "privileged: true\n"})
    repository.git("add", "--all")
    import os
    import sys

    from git_for_tests import environment

    path = f"{Path(sys.executable).parent}{os.pathsep}{tools['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run"],
        cwd=repository.folder,
        env=environment() | {"PATH": path, "PRE_COMMIT_HOME": str(repository.folder.parent / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "charts/web/templates/pod.yaml:11" in done.stdout


SCHEMA = Path(soc2gate.__file__).parent / "json_schemas" / "result.schema.json"
WAIVED = {
    "charts/web/Chart.yaml": CHART["charts/web/Chart.yaml"],
    "charts/web/values.yaml": "privileged: true\nreason: it mounts disks\n",
    "charts/web/templates/pod.yaml": POD.replace(
        '{{ include "web.privileged" . }}', "{{ .Values.privileged }}"
    ).replace(
        "  namespace: shop\n",
        "  namespace: shop\n  annotations:\n    team: shop\n    soc2gate.dev/waive: "
        '{{ printf "k8s-no-privileged reason=%q owner=ops approver=eve expires=2026-12-31" .Values.reason | quote }}\n',
    ),
}


def test_the_result_says_which_version_of_which_tool_built_it(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit({**CHART, **OVERLAY})
    _, result = repository.scan(more=tools)
    jsonschema.validate(result, json.loads(SCHEMA.read_text("utf-8")))
    assert {root["format"] for root in result["roots"]} == {"helm", "kustomize"}
    assert re.fullmatch(r"v[0-9.]+", result["renderers"]["helm"])
    assert re.fullmatch(r"v[0-9.]+ with kustomize v[0-9.]+", result["renderers"]["kubectl"])
    _, alone = repository.scan("base/pod.yaml", more=tools)
    assert alone["renderers"] == {}


def test_a_waiver_in_a_template_counts_as_it_is_rendered(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit(WAIVED)
    code, result = repository.scan("--rule", RULE, more=tools)
    (found,) = result["findings"]
    assert (code, found["verdict"], found["waiver"]["reason"]) == (0, "fail", "it mounts disks")
    done = repository.run("waivers", "--format", "json", "--now", NOW, more=tools)
    (listed,) = json.loads(done.stdout)
    assert (listed["address"], listed["counts"], listed["author"]) == ("Pod/shop/web", True, "dev")
    assert listed["where"] == {"path": "charts/web/templates/pod.yaml", "line": 8}


def test_who_wrote_a_waiver_in_a_template_does_not_approve_it(repository: Repository, tools: dict[str, str]) -> None:
    without = WAIVED["charts/web/templates/pod.yaml"].split("\n")
    del without[7]
    repository.commit({**WAIVED, "charts/web/templates/pod.yaml": "\n".join(without)})
    repository.commit(WAIVED, author="eve")
    code, result = repository.scan("--rule", RULE, more=tools)
    assert (code, result["findings"][0]["waiver"]) == (1, None)
    assert "its approver eve is who wrote it" in result["problems"][0]["message"]


def test_a_change_opens_no_gate_with_a_waiver_in_a_template(repository: Repository, tools: dict[str, str]) -> None:
    repository.commit({**CHART, "charts/web/templates/other.yaml": "# nothing\n"})
    repository.git("branch", "start")
    repository.commit(WAIVED)
    code, result = repository.scan("--diff-base", "start", "--rule", RULE, more=tools)
    assert (code, failures(result)) == (1, {(RULE, "Pod/shop/web")})
    assert [item["change"] for item in result["diff"]["policy_changes"]] == ["added"]


def test_an_overlay_counts_the_waiver_of_its_base_under_the_name_it_deploys(
    repository: Repository, tools: dict[str, str]
) -> None:
    waived = 'soc2gate.dev/waive: k8s-no-privileged reason="it mounts disks" owner=ops approver=eve expires=2026-12-31'
    pod = OVERLAY["base/pod.yaml"].replace(
        "metadata: {name: web, namespace: shop}", f"metadata:\n  name: web\n  annotations:\n    {waived}"
    )
    overlay = "resources: [../../base]\nnamespace: shop\npatches:\n- path: patch.yaml\n"
    patch = OVERLAY["overlays/prod/patch.yaml"].replace(", namespace: shop", "")
    repository.commit(
        {
            **OVERLAY,
            "base/pod.yaml": pod,
            "overlays/prod/kustomization.yaml": overlay,
            "overlays/prod/patch.yaml": patch,
        }
    )
    code, result = repository.scan("--rule", RULE, more=tools)
    assert [(item["address"], bool(item["waiver"])) for item in result["findings"]] == [("Pod/shop/web", True)]
    assert code == 0
