"""What there is to read: roots by format, and everything that could not be looked at, named."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from soc2gate.declared import git as asking
from soc2gate.declared.discover import Discovery, discover
from soc2gate.declared.files import read_bytes
from soc2gate.declared.options import Limits
from soc2gate.errors import RefusedError, UsageError
from soc2gate.model.resource import Weight

TEMPLATE = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


def tree(base: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return base


def roots(found: Discovery) -> list[tuple[str, str, int]]:
    return [(root.format, root.path, len(root.files)) for root in found.roots]


def told(found: Discovery) -> list[tuple[str, str]]:
    return [(problem.weight.value, problem.message) for problem in found.problems]


def git(base: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=base, check=True, capture_output=True)


def test_formats_are_told_apart_by_content(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "infra/main.tf": "",
            "infra/more.tf.json": "{}",
            "other/main.tofu": "",
            "cfn/a.yaml": TEMPLATE,
            "cfn/b.json": '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}',
            "cfn/c.template": "AWSTemplateFormatVersion: 2010-09-09\n",
            "cfn/flow.yml": "{Resources: {B: {Type: 'AWS::S3::Bucket'}}}",
            "k8s/a.yaml": "# comment\n---\n" + POD,
            "k8s/b.json": '{"apiVersion": "v1", "kind": "List", "items": []}',
            "package.json": '{"name": "x"}',
            ".github/workflows/ci.yaml": "on: push\njobs: {}\n",
            "values.yaml": "deep:\n  apiVersion: v1\n  kind: x\n",
            "types.json": '{"Resources": "AWS::S3::Bucket", "x": {"Type": "AWS::S3::Bucket"}}',
            "README.md": "apiVersion: v1\nkind: Pod\n",
            "node_modules/x/main.tf": "",
            ".terraform/modules/y/main.tf": "",
        },
    )
    found = discover(["."], tmp_path)
    assert roots(found) == [
        ("cloudformation", "cfn/a.yaml", 1),
        ("cloudformation", "cfn/b.json", 1),
        ("cloudformation", "cfn/c.template", 1),
        ("cloudformation", "cfn/flow.yml", 1),
        ("kubernetes", ".", 2),
        ("terraform", "infra", 2),
        ("terraform", "other", 1),
    ]
    assert found.problems == ()
    assert "README.md" in found.files_seen
    assert found.looked == "14 files under ., 4 of them YAML or JSON that is neither a template nor a manifest"


def test_folders_only_called_as_modules_are_not_roots(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "prod/main.tf": 'module "a" {\n  source = "../modules/a"\n}\n',
            "modules/a/main.tf": 'module "b" { source = "./b" }\n',
            "modules/a/b/main.tf": "",
            "json/main.tf.json": '{"module": {"c": {"source": "../modules/c/"}}}',
            "modules/c/main.tf": "",
            "unused/main.tf": "",
        },
    )
    assert roots(discover(["."], tmp_path)) == [
        ("terraform", "json", 1),
        ("terraform", "prod", 1),
        ("terraform", "unused", 1),
    ]
    assert roots(discover(["modules/a"], tmp_path)) == [("terraform", "modules/a", 1)]
    assert ("terraform", "modules/a/b", 1) in roots(discover(["."], tmp_path, explicit_roots=["./modules/a/b/"]))


def test_folders_that_call_each_other_in_a_circle_are_not_lost(tmp_path: Path) -> None:
    tree(tmp_path, {"a/main.tf": 'module "b" { source = "../b" }', "b/main.tf": 'module "a" { source = "../a" }'})
    assert roots(discover(["."], tmp_path)) == [("terraform", "a", 1)]


def test_a_module_beside_its_examples_is_a_root_when_it_is_asked_for(tmp_path: Path) -> None:
    tree(tmp_path, {"main.tf": "", "examples/one/main.tf": 'module "x" { source = "../.." }'})
    assert roots(discover(["."], tmp_path)) == [("terraform", ".", 1), ("terraform", "examples/one", 1)]
    assert roots(discover(["examples"], tmp_path)) == [("terraform", "examples/one", 1)]


def test_a_single_terraform_file_stands_for_its_folder(tmp_path: Path) -> None:
    tree(tmp_path, {"a/main.tf": "", "a/variables.tf": "", "a/k.yaml": POD, "a/t.yaml": TEMPLATE})
    assert roots(discover(["a/main.tf"], tmp_path)) == [("terraform", "a", 2)]
    assert roots(discover(["a/k.yaml", "a/t.yaml"], tmp_path)) == [
        ("cloudformation", "a/t.yaml", 1),
        ("kubernetes", "a", 1),
    ]


def test_manifests_under_one_path_belong_together_unless_a_root_is_named(tmp_path: Path) -> None:
    tree(tmp_path, {"k8s/a.yaml": POD, "k8s/deep/b.yaml": POD, "other/c.yaml": POD})
    assert roots(discover(["."], tmp_path)) == [("kubernetes", ".", 3)]
    assert roots(discover(["k8s", "other"], tmp_path)) == [("kubernetes", "k8s", 2), ("kubernetes", "other", 1)]
    assert roots(discover(["."], tmp_path, explicit_roots=["k8s"])) == [
        ("kubernetes", ".", 1),
        ("kubernetes", "k8s", 2),
    ]


def test_absolute_paths_inside_the_base_do(tmp_path: Path) -> None:
    tree(tmp_path, {"a/main.tf": ""})
    assert roots(discover([str(tmp_path / "a")], tmp_path)) == [("terraform", "a", 1)]


@pytest.mark.parametrize(("path", "message"), [("nowhere", "there is no file or folder"), ("..", "lies outside")])
def test_a_path_that_cannot_be_scanned_is_asked_wrongly(tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        discover([path], tmp_path)


def test_nothing_to_scan_says_where_it_looked(tmp_path: Path) -> None:
    tree(tmp_path, {"a/b.txt": "", "a/c.yaml": "x: 1"})
    found = discover(["a"], tmp_path)
    assert found.roots == ()
    assert found.looked == "2 files under a, 1 of them YAML or JSON that is neither a template nor a manifest"


def test_broken_files_matter_only_when_they_look_like_ours(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "a.json": '{"Resources": {"B": {"Type": "AWS::S3::Bucket",,}}}',
            "b.json": '{"apiVersion": "v1", "kind": ',
            "c.json": "{nothing",
            "d.yaml": "a: b: c",
            "e.yaml": "x:\n  apiVersion: v1\n  kind: [\n",
            "f.yaml": "  {% if x %}\n  apiVersion: v1\n  kind: Pod\n  {% endif %}\n",
        },
    )
    found = discover(["."], tmp_path)
    assert [(problem.weight, getattr(problem.where, "path", "")) for problem in found.problems] == [
        (Weight.BROKEN, "a.json"),
        (Weight.BROKEN, "b.json"),
        (Weight.BROKEN, "e.yaml"),
        (Weight.GAP, "f.yaml"),
    ]
    assert getattr(found.problems[0].where, "column", 0) == 48


def test_a_chart_is_a_root_with_all_that_helm_reads_of_it(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\n",
            "web/values.yaml": "a: 1\n",
            "web/templates/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {{ x }}\n",
            "web/templates/deep/b.yaml": POD,
            "web/templates/_helpers.tpl": "",
            "web/crds/c.yaml": POD,
            "web/charts/db/Chart.yaml": "apiVersion: v2\nname: db\n",
            "web/charts/db/templates/d.yaml": POD,
            "web/example.yaml": POD,
            "not-a-chart/templates/d.yaml": POD,
        },
    )
    found = discover(["."], tmp_path)
    assert roots(found) == [("helm", "web", 9), ("kubernetes", ".", 2)]
    assert found.problems == ()


def test_a_chart_that_another_depends_on_is_part_of_it(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "web/Chart.yaml": "name: web\ndependencies:\n- name: db\n  repository: 'file://../db'\n",
            "db/Chart.yaml": "name: db\n",
            "db/templates/d.yaml": POD,
        },
    )
    assert [(root.path, root.files) for root in discover(["."], tmp_path).roots] == [
        ("web", ("db/Chart.yaml", "db/templates/d.yaml", "web/Chart.yaml"))
    ]


def test_an_overlay_is_a_root_with_its_base_and_its_patches_are_no_manifests(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "base/kustomization.yaml": "resources: [a.yaml]\n",
            "base/a.yaml": POD,
            "prod/kustomization.yaml": (
                "resources: [../base]\npatches:\n- path: p.yaml\npatchesStrategicMerge: [q.yaml]\n"
            ),
            "prod/p.yaml": POD,
            "prod/q.yaml": POD,
            "other.yaml": POD,
        },
    )
    found = discover(["."], tmp_path)
    assert [(root.format, root.path, root.files) for root in found.roots] == [
        ("kubernetes", ".", ("other.yaml",)),
        (
            "kustomize",
            "prod",
            ("base/a.yaml", "base/kustomization.yaml", "prod/kustomization.yaml", "prod/p.yaml", "prod/q.yaml"),
        ),
    ]
    assert found.problems == ()


def test_links_that_leave_the_base_are_refused_and_named(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"main.tf": "", "k/a.yaml": POD})
    base = tree(tmp_path / "base", {"a/main.tf": "", "shared/vars.tf": "", "t.yaml": TEMPLATE})
    os.symlink(outside / "main.tf", base / "a" / "evil.tf")
    os.symlink(outside / "k", base / "k")
    os.symlink("../shared/vars.tf", base / "a" / "vars.tf")
    os.symlink("nothing.tf", base / "a" / "gone.tf")
    os.symlink("ana@host.1", base / "a" / ".#main.tf")
    os.symlink(outside / "README", base / "README")
    os.symlink("shared", base / "again")
    os.symlink(".", base / "loop")
    found = discover(["."], base)
    assert [(getattr(p.where, "path", ""), p.weight, p.message.split(", to")[0]) for p in found.problems] == [
        ("a/evil.tf", Weight.BROKEN, "is a link that leaves the folder that is scanned"),
        ("a/gone.tf", Weight.BROKEN, "is a link that leads to nothing"),
        ("k", Weight.BROKEN, "is a link that leaves the folder that is scanned"),
    ]
    assert roots(found) == [("cloudformation", "t.yaml", 1), ("terraform", "a", 2), ("terraform", "shared", 1)]


def test_a_link_to_a_folder_elsewhere_in_the_base_is_followed(tmp_path: Path) -> None:
    tree(tmp_path, {"prod/x.txt": "", "shared/a.yaml": POD})
    os.symlink("../shared", tmp_path / "prod" / "k8s")
    assert [root.files for root in discover(["prod"], tmp_path).roots] == [("prod/k8s/a.yaml",)]


def test_ignore_patterns_work_as_in_gitignore(tmp_path: Path) -> None:
    names = ["a.yaml", "old/b.yaml", "x/old/c.yaml", "x/d.bak.yaml", "x/y/z/e.yaml", "top.yaml", "x/top.yaml"]
    tree(tmp_path, dict.fromkeys(names, TEMPLATE))
    found = discover(["."], tmp_path, ignore=["old/", "*.bak.yaml", "x/**/e.yaml", "/top.yaml"])
    assert [root.path for root in found.roots] == ["a.yaml", "x/top.yaml"]


def test_what_git_ignores_is_no_root_unless_it_is_asked_for(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            ".gitignore": "build/\n",
            "a/main.tf": "",
            "new.yaml": TEMPLATE,
            "build/b.yaml": TEMPLATE,
            "gone.yaml": TEMPLATE,
            "inner/.git/HEAD": "ref: refs/heads/main\n",
            "ünïcode file.yaml": TEMPLATE,
        },
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "a", "gone.yaml")
    (tmp_path / "gone.yaml").unlink()
    expected = [("cloudformation", "new.yaml", 1), ("cloudformation", "ünïcode file.yaml", 1), ("terraform", "a", 1)]
    assert roots(discover(["."], tmp_path)) == expected
    assert roots(discover(["build"], tmp_path)) == [("cloudformation", "build/b.yaml", 1)]
    assert roots(discover(["b.yaml"], tmp_path / "build")) == [("cloudformation", "b.yaml", 1)]


def test_a_repository_inside_another_is_looked_at(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": TEMPLATE, "inner/b.yaml": TEMPLATE})
    git(tmp_path, "init", "-q")
    git(tmp_path / "inner", "init", "-q")
    assert [root.path for root in discover(["."], tmp_path).roots] == ["a.yaml", "inner/b.yaml"]


def test_nothing_that_a_repository_configures_is_run(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": TEMPLATE})
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    discover(["."], tmp_path)
    assert not (tmp_path / "ran").exists()


def test_gits_own_variables_do_not_lead_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, {"a/a.yaml": TEMPLATE, "b/b.yaml": TEMPLATE})
    for name in ("a", "b"):
        git(tmp_path / name, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "b" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "b"))
    assert [root.path for root in discover(["."], tmp_path / "a").roots] == ["a.yaml"]


def test_files_beyond_the_limit_are_refused_when_they_look_like_ours(tmp_path: Path) -> None:
    tree(tmp_path, {"big.yaml": TEMPLATE + "# " + "x" * 200, "data.json": "[" + "1," * 200 + "1]", "a.yaml": POD})
    found = discover(["."], tmp_path, limits=Limits(file_bytes=100))
    assert told(found) == [("broken", "is larger than 100 bytes and was not read")]
    assert roots(found) == [("kubernetes", ".", 1)]


def test_utf_16_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(TEMPLATE.encode("utf-16"))
    assert roots(discover(["."], tmp_path)) == [("cloudformation", "a.yaml", 1)]


def test_a_result_of_an_earlier_run_that_is_too_large_to_be_read_is_no_input(tmp_path: Path) -> None:
    result = '{\n  "schema": "soc2gate.result/1",\n  "findings": [{"kind": "AWS::S3::Bucket"}]\n}\n'
    base = tree(tmp_path, {"main.tf": "", "r.json": result, "stack.json": '{"a": "AWS::S3::Bucket", "b": "' + 80 * "x"})
    found = discover((".",), base, limits=Limits(file_bytes=40))
    assert [problem.where and getattr(problem.where, "path", "") for problem in found.problems] == ["stack.json"]


def test_a_folder_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app-secrets").mkdir()
    (tmp_path / "app-secrets" / "main.tf").write_text('resource "x_y" "z" {}\n')
    (tmp_path / "app" / "main.tf").symlink_to("../app-secrets/main.tf")
    with pytest.raises(RefusedError, match="leads outside the folder that is scanned"):
        read_bytes("main.tf", tmp_path / "app", Limits())


def test_what_git_prints_before_it_fails_is_no_answer(tmp_path: Path) -> None:
    """`git rev-parse HEAD` prints HEAD where there is no commit yet."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert asking.git(tmp_path, "rev-parse", "HEAD") is None
    assert asking.said(tmp_path, "rev-parse", "--is-inside-work-tree") == "true"
