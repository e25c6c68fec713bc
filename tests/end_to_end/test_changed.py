"""`scan --changed` and the pre-commit hook: changed files bring what they have a part in, and only that is told."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from git_for_tests import Repository, environment, failures

from soc2gate.yaml_lines import load

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
RULE = "rds-not-public"

DATABASE = """\
resource "aws_db_instance" "main" {
  identifier              = "main"
  engine                  = "postgres"
  instance_class          = "db.t3.medium"
  allocated_storage       = 20
  username                = "app"
  storage_encrypted       = true
  backup_retention_period = 14
  publicly_accessible     = var.public
  multi_az                = true
  deletion_protection     = true

  iam_database_authentication_enabled = true
  enabled_cloudwatch_logs_exports     = ["postgresql"]
}
"""
OPEN_GROUP = """\
resource "aws_security_group" "old" {
  name = "old"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
MODULE = {
    "modules/db/main.tf": DATABASE,
    "modules/db/variables.tf": 'variable "public" {\n  type = bool\n}\n',
    "live/shop/main.tf": 'module "db" {\n  source = "../../modules/db"\n  public = local.public\n}\n',
    "live/shop/locals.tf": "locals {\n  public = false\n}\n",
    "live/blog/main.tf": 'module "db" {\n  source = "../../modules/db"\n  public = true\n}\n',
    "live/blog/old.tf": OPEN_GROUP,
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_a_changed_module_is_judged_through_every_root_that_calls_it(repository: Repository) -> None:
    repository.commit(MODULE)
    code, result = repository.scan("--changed", "modules/db/main.tf")
    assert code == 1
    assert failures(result) == {(RULE, "module.db.aws_db_instance.main")}
    assert {root["path"] for root in result["roots"]} == {"live/blog", "live/shop"}
    assert {item["root"] for item in result["findings"] if item["verdict"] == "fail"} == {"live/blog"}


def test_what_no_changed_file_has_a_part_in_is_counted_and_not_told(repository: Repository) -> None:
    repository.commit(MODULE)
    _, result = repository.scan("--changed", "modules/db/variables.tf")
    assert failures(result) == {(RULE, "module.db.aws_db_instance.main")}
    assert result["changed"] == {"files": ["modules/db/variables.tf"], "elsewhere": 1}


def test_a_changed_local_closes_the_gate_for_the_untouched_module_it_reaches(repository: Repository) -> None:
    repository.commit(MODULE)
    assert repository.scan("--changed", "live/shop/locals.tf")[0] == 0
    repository.commit({"live/shop/locals.tf": "locals {\n  public = true\n}\n"})
    code, result = repository.scan("--changed", "live/shop/locals.tf")
    assert code == 1
    assert failures(result) == {(RULE, "module.db.aws_db_instance.main")}


def test_a_changed_file_without_its_siblings_is_not_judged_without_them(repository: Repository) -> None:
    repository.commit(
        {"main.tf": DATABASE, "variables.tf": 'variable "public" {\n  type    = bool\n  default = true\n}\n'}
    )
    code, result = repository.scan("--changed", "main.tf")
    assert code == 1
    assert failures(result) == {(RULE, "aws_db_instance.main")}


def test_a_switch_that_makes_a_companion_disappear_is_told(repository: Repository) -> None:
    bucket = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'
    versioning = (
        'resource "aws_s3_bucket_versioning" "b" {\n  count  = var.keep ? 1 : 0\n  bucket = aws_s3_bucket.b.id\n'
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    )
    off = 'variable "keep" {\n  default = false\n}\n'
    repository.commit({"bucket.tf": bucket, "versioning.tf": versioning, "variables.tf": off})
    _, result = repository.scan("--changed", "variables.tf")
    assert ("s3-versioning", "aws_s3_bucket.b") in failures(result)


@pytest.mark.parametrize("name", ["terraform.tfvars", "prod.tfvars", "envs/prod.tfvars"])
def test_a_changed_tfvars_file_counts_also_where_only_a_flag_would_load_it(repository: Repository, name: str) -> None:
    variables = 'variable "public" {\n  type    = bool\n  default = false\n}\n'
    repository.commit({"main.tf": DATABASE, "variables.tf": variables, name: "public = true\n"})
    code, result = repository.scan("--changed", name)
    assert code == 1
    assert failures(result) == {(RULE, "aws_db_instance.main")}


def test_two_changed_tfvars_files_do_not_hide_each_other(repository: Repository) -> None:
    variables = 'variable "public" {\n  type = bool\n}\n'
    values = {"dev.tfvars": "public = true\n", "prod.tfvars": "public = false\n"}
    repository.commit({"main.tf": DATABASE, "variables.tf": variables, **values})
    code, result = repository.scan("--changed", "dev.tfvars", "prod.tfvars")
    assert code == 1
    assert failures(result) == {(RULE, "aws_db_instance.main")}


def test_changed_values_that_no_root_is_known_to_load_are_told(repository: Repository) -> None:
    repository.commit({**MODULE, "values/prod.tfvars": "public = true\n"})
    code, result = repository.scan("--changed", "values/prod.tfvars")
    assert code == 3
    assert [problem["where"]["path"] for problem in result["problems"]] == ["values/prod.tfvars"]


def test_a_file_that_terraform_reads_counts(repository: Repository) -> None:
    reads = 'locals {\n  settings = yamldecode(file("${path.module}/settings.yaml"))\n}\n'
    code = DATABASE.replace("var.public", "local.settings.public")
    repository.commit({"main.tf": code, "locals.tf": reads, "settings.yaml": "public: true\n"})
    exit_code, result = repository.scan("--changed", "settings.yaml")
    assert exit_code == 1
    assert failures(result) == {(RULE, "aws_db_instance.main")}


def only_git(folder: Path) -> dict[str, str]:
    """A PATH with git on it, and neither helm nor kubectl."""
    folder.mkdir()
    git = shutil.which("git")
    assert git is not None
    (folder / "git").symlink_to(git)
    return {"PATH": str(folder)}


def test_a_changed_kustomization_counts_for_the_manifests_it_names(repository: Repository, tmp_path: Path) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n"
        "  containers:\n  - name: web\n    image: web:1\n    securityContext: {privileged: true}\n"
    )
    repository.commit(
        {
            "base/pod.yaml": pod,
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "overlays/prod/kustomization.yaml": "resources: [../../base]\nnamePrefix: prod-\n",
        }
    )
    changed = ("--changed", "--on-incomplete", "report", "overlays/prod/kustomization.yaml")
    code, result = repository.scan(*changed, more=only_git(tmp_path / "bin"))
    assert code == 1
    assert ("k8s-no-privileged", "Pod/shop/web") in failures(result)


def test_changed_helm_values_say_that_the_chart_was_not_looked_at(repository: Repository, tmp_path: Path) -> None:
    repository.commit(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
            "chart/values.yaml": "replicas: 1\n",
            "chart/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
        }
    )
    code, result = repository.scan("--changed", "chart/values.yaml", more=only_git(tmp_path / "bin"))
    assert code == 3
    assert [problem["where"]["path"] for problem in result["problems"]] == ["chart/Chart.yaml"]


def test_git_is_asked_also_where_the_end_of_children_is_ignored(repository: Repository) -> None:
    """As under supervisors that never wait: nobody learns how git ended, and what it ignores is still ignored."""
    repository.commit({"main.tf": DATABASE.replace("var.public", "false"), ".gitignore": "drafts/\n"})
    repository.write({"drafts/main.tf": OPEN_GROUP})
    done = subprocess.run(
        ["env", "--ignore-signal=CHLD", sys.executable, "-m", "soc2gate", "scan"],
        cwd=repository.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "sg-no-ssh" not in done.stdout


def test_a_file_that_is_gone_still_brings_its_module(repository: Repository) -> None:
    variables = 'variable "public" {\n  type = bool\n}\n'
    repository.commit({"main.tf": DATABASE, "variables.tf": variables, "extra.tf": "locals {\n  a = 1\n}\n"})
    repository.commit({"extra.tf": None})
    code, result = repository.scan("--changed", "extra.tf")
    assert code == 0
    assert [root["path"] for root in result["roots"]] == ["."]


def test_nothing_relevant_leaves_the_gate_open(repository: Repository) -> None:
    repository.commit({"main.tf": OPEN_GROUP, "README.md": "# hello\n", "ci.yaml": "on: push\n"})
    assert repository.scan("--changed", "README.md", "ci.yaml")[0] == 0
    done = repository.run("scan", "--changed")
    assert done.returncode == 0
    assert "nothing in 0 changed files is configuration" in done.stdout


def test_a_broken_sibling_is_told_and_never_green(repository: Repository) -> None:
    variables = 'variable "public" {\n  type    = bool\n  default = false\n}\n'
    repository.commit({"main.tf": DATABASE, "variables.tf": variables, "broken.tf": "resource {\n"})
    code, result = repository.scan("--changed", "--on-incomplete", "report", "main.tf")
    assert code == 3
    assert "broken" in {problem["weight"] for problem in result["problems"]}


# --- through pre-commit itself ------------------------------------------------------------------------------------


def hooked(repository: Repository, hook: str = "soc2gate") -> None:
    """Install one of our hooks as a local one that runs the command under test."""
    hooks = load(HOOKS.read_text("utf-8"), HOOKS.name).data
    assert isinstance(hooks, list)
    ours = next(entry for entry in hooks if isinstance(entry, dict) and entry["id"] == hook)
    assert isinstance(ours, dict)
    entry = str(ours["entry"]).replace("soc2gate", f"{sys.executable} -m soc2gate", 1)
    lines = [f"- id: {hook}", f"  name: {hook}", f"  entry: {entry}", "  language: system", "  require_serial: true"]
    lines += [f"  {key}: '{ours[key]}'" for key in ("files", "exclude") if key in ours]
    lines += ["  pass_filenames: false"] if ours.get("pass_filenames") is False else []
    text = "repos:\n- repo: local\n  hooks:\n" + "".join(f"  {line}\n" for line in lines)
    repository.write({".pre-commit-config.yaml": text})


def pre_commit(repository: Repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = {"PRE_COMMIT_HOME": str(repository.folder.parent / "cache")}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=repository.folder,
        env=environment() | home,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_real_commit_is_stopped_by_the_hook_and_goes_through_once_mended(repository: Repository) -> None:
    repository.commit(MODULE)
    hooked(repository)
    repository.commit({})
    assert pre_commit(repository, "install").returncode == 0
    identity = ["-c", "user.name=dev", "-c", "user.email=dev@example.org"]

    def commit(text: str) -> subprocess.CompletedProcess[str]:
        repository.write({"live/shop/locals.tf": text})
        repository.git("add", "--all")
        return subprocess.run(
            ["git", *identity, "commit", "--message", "change"],
            cwd=repository.folder,
            env=environment() | {"PRE_COMMIT_HOME": str(repository.folder.parent / "cache")},
            capture_output=True,
            text=True,
        )

    before = repository.git("rev-parse", "HEAD")
    stopped = commit("locals {\n  public = true\n}\n")
    assert stopped.returncode == 1
    assert "rds-not-public" in stopped.stdout + stopped.stderr
    assert "sg-no-ssh-from-internet" not in stopped.stdout + stopped.stderr
    assert repository.git("rev-parse", "HEAD") == before
    mended = commit('locals {\n  public = false\n  team   = "shop"\n}\n')
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert repository.git("rev-parse", "HEAD") != before


def test_the_hook_for_the_whole_repository_and_the_one_for_configuration_run(repository: Repository) -> None:
    repository.commit({"main.tf": OPEN_GROUP, "soc2gate.yaml": "fail_on: high\n"})
    hooked(repository, "soc2gate-all")
    repository.git("add", "--all")
    assert "sg-no-ssh-from-internet" in pre_commit(repository, "run", "--all-files").stdout
    hooked(repository, "soc2gate-config")
    repository.commit({"soc2gate.yaml": "fail_one: high\n"})
    done = pre_commit(repository, "run", "--all-files")
    assert done.returncode == 1
    assert "fail_one" in done.stdout


def test_one_file_of_a_module_of_twenty_is_told_while_a_person_still_looks(repository: Repository) -> None:
    """A machine under load holds no milliseconds; what holds is a ratio to starting Python with what a scan needs."""
    files = {
        f"queue{number}.tf": f'resource "aws_sqs_queue" "q{number}" {{\n  sqs_managed_sse_enabled = true\n}}\n'
        for number in range(20)
    }
    repository.commit(files)

    # As installed: compiled once. The first run does that.
    warm = environment() | {"PYTHONPYCACHEPREFIX": str(repository.folder.parent / "compiled")}
    warm.pop("PYTHONDONTWRITEBYTECODE", None)

    def seconds(*command: str) -> float:
        times = []
        for _ in range(6):
            start = time.perf_counter()
            subprocess.run(command, cwd=repository.folder, env=warm, check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        return min(times[1:])

    bare = seconds(sys.executable, "-c", "import click, subprocess, yaml, json, hashlib, re, dataclasses")
    ours = seconds(sys.executable, "-m", "soc2gate", "scan", "--changed", "queue3.tf")
    assert ours < 6 * bare, (ours, bare)


def test_finding_out_what_touches_a_change_costs_less_than_judging_it(repository: Repository) -> None:
    files = {
        f"f{file}.tf": "".join(OPEN_GROUP.replace('"old"', f'"g{file}_{number}"') for number in range(100))
        for file in range(10)
    }
    repository.commit(files)

    def seconds(*arguments: str) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            assert repository.scan(*arguments)[0] == 1
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds("--changed", "f3.tf") < 4 * seconds(".")


def test_a_value_file_given_by_flag_is_read(repository: Repository) -> None:
    variables = 'variable "public" {\n  type    = bool\n  default = false\n}\n'
    repository.commit({"infra/main.tf": DATABASE, "infra/variables.tf": variables, "prod.tfvars": "public = true\n"})
    code, result = repository.scan("infra", "--var-file", "prod.tfvars")
    assert (code, result["problems"]) == (1, [])
    assert failures(result) == {(RULE, "aws_db_instance.main")}
