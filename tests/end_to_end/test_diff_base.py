"""`scan --diff-base` on real repositories: new gaps close, old ones are listed, and no change opens its own gate."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from git_for_tests import Repository, environment, failures

import soc2gate

SCHEMA = Path(soc2gate.__file__).parent / "json_schemas" / "result.schema.json"
RULE = "rds-not-public"

VARIABLES = 'variable "public" {\n  type    = bool\n  default = false\n}\n'


def database(name: str = "main", public: str = "true", identifier: str = "main") -> str:
    return (
        f'resource "aws_db_instance" "{name}" {{\n'
        f'  identifier              = "{identifier}"\n'
        "  storage_encrypted       = true\n"
        "  backup_retention_period = 14\n"
        "  multi_az                = true\n"
        "  deletion_protection     = true\n"
        "  iam_database_authentication_enabled = true\n"
        '  enabled_cloudwatch_logs_exports     = ["postgresql"]\n'
        f"  publicly_accessible     = {public}\n"
        "}\n"
    )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def branch(repository: Repository, files: dict[str, str | None], author: str = "dev") -> None:
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(files, author=author)


def diffed(repository: Repository, *arguments: str, base: str = "main", **more: Any) -> tuple[int, dict[str, Any]]:
    code, result = repository.scan("--diff-base", base, *arguments, **more)
    jsonschema.validate(result, json.loads(SCHEMA.read_text("utf-8")))
    return code, result


def new(result: dict[str, Any]) -> set[tuple[str, str]]:
    return failures({"findings": [item for item in result["findings"] if item["new"]]})


def effects(result: dict[str, Any]) -> dict[str, str]:
    return {item["id"]: item["effect"] for item in result["diff"]["criteria"]}


def test_an_old_gap_is_listed_and_closes_nothing(repository: Repository) -> None:
    repository.commit({"main.tf": database()})
    branch(repository, {"README.md": "# hello\n"})
    code, result = diffed(repository)
    assert code == 0
    assert failures(result) == {(RULE, "aws_db_instance.main")}
    assert new(result) == set()
    assert effects(result) == {"CC6.6": "leaves"}
    assert repository.scan()[0] == 1


def test_the_last_line_says_what_the_gate_is_open_in_spite_of(repository: Repository) -> None:
    held = "{rule: RULE, address: '*', reason: r, owner: o, approver: p@example.org, expires: 2026-09-01}"
    repository.commit({"main.tf": database(), "soc2gate.yaml": "scope: [Security]\n"})
    branch(repository, {"README.md": "# hello\n"})
    told = repository.run("scan", "--diff-base", "main").stdout.splitlines()[-1]
    assert told == "gate open (exit 0): nothing new at or above high, 1 known before"
    repository.commit({"soc2gate.yaml": f"waivers: [{held.replace('RULE', RULE)}]\n"})
    told = repository.run("scan", "--now", "2026-07-01T00:00:00Z").stdout.splitlines()[-1]
    assert told == "gate open (exit 0): nothing open at or above high, 1 waived"
    repository.commit({"soc2gate.yaml": "fail_on: never\n"})
    told = repository.run("scan").stdout.splitlines()[-1]
    assert told == "gate open (exit 0): nothing closes it: fail_on is never"


def test_what_a_change_does_is_told_of_the_criteria_in_scope(repository: Repository) -> None:
    single = database().replace("multi_az                = true", "multi_az                = false")
    repository.commit({"main.tf": database(), "soc2gate.yaml": "scope: [Security]\n"})
    branch(repository, {"main.tf": single})
    assert set(effects(diffed(repository)[1])) == {"CC6.6"}


def test_a_new_gap_closes_and_only_it(repository: Repository) -> None:
    repository.commit({"main.tf": database()})
    branch(repository, {"more.tf": database("second", identifier="second")})
    code, result = diffed(repository)
    assert code == 1
    assert new(result) == {(RULE, "aws_db_instance.second")}
    assert result["decision"]["reasons"] == ["1 new finding in code at high or above"]
    assert result["diff"]["criteria"] == [
        {"id": "CC6.6", "effect": "worsens", "introduced": 1, "resolved": 0, "remaining": 1}
    ]


def test_what_is_mended_improves_its_criterion(repository: Repository) -> None:
    repository.commit({"main.tf": database()})
    branch(repository, {"main.tf": database(public="false")})
    code, result = diffed(repository)
    assert code == 0
    assert effects(result) == {"CC6.6": "improves"}
    assert [item["rule"] for item in result["diff"]["resolved"]] == [RULE]


def test_a_changed_variable_that_makes_an_untouched_resource_fail_is_new(repository: Repository) -> None:
    repository.commit({"main.tf": database(public="var.public"), "variables.tf": VARIABLES})
    branch(repository, {"variables.tf": VARIABLES.replace("false", "true")})
    code, result = diffed(repository)
    assert code == 1
    assert new(result) == {(RULE, "aws_db_instance.main")}


@pytest.mark.parametrize(
    "after",
    [
        {"main.tf": "\n\n# a remark\n" + database().replace("  ", "      ")},
        {"main.tf": None, "database.tf": database()},
        {"main.tf": database("renamed")},
        {
            "main.tf": database("renamed", identifier="other")
            + "moved {\n  from = aws_db_instance.main\n  to   = aws_db_instance.renamed\n}\n"
        },
        {"main.tf": 'module "db" {\n  source = "./db"\n}\n', "db/main.tf": database()},
        {"main.tf": None, "infra/main.tf": database()},
    ],
    ids=["reformatted", "another-file", "renamed", "moved-block", "into-a-module", "another-root"],
)
def test_moved_renamed_or_reformatted_code_is_not_new(repository: Repository, after: dict[str, str | None]) -> None:
    repository.commit({"main.tf": database()})
    branch(repository, after)
    code, result = diffed(repository)
    assert code == 0
    assert len(failures(result)) == 1
    assert new(result) == set()


MOVED = "moved {\n  to   = aws_db_instance.renamed # as the others are called\n  from = aws_db_instance.main\n}\n"


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("", {"modules/db/main.tf": database("renamed", identifier="other") + MOVED}),
        ('  for_each = toset(["a"])\n', {"modules/db/main.tf": database("renamed", identifier="other") + MOVED}),
        (
            "",
            {
                "modules/db/main.tf": database("renamed", identifier="other") + MOVED,
                "main.tf": 'module "store" {\n  source = "./modules/outer"\n}\n'
                "moved {\n  from = module.shop\n  to   = module.store\n}\n",
            },
        ),
    ],
    ids=["in-a-module", "in-every-instance", "with-the-call-moved-too"],
)
def test_moved_blocks_in_modules_hold_for_the_modules_addresses(
    repository: Repository, call: str, after: dict[str, str | None]
) -> None:
    repository.commit(
        {
            "main.tf": 'module "shop" {\n  source = "./modules/outer"\n}\n',
            "modules/outer/main.tf": 'module "db" {\n  source = "../db"\n' + call + "}\n",
            "modules/db/main.tf": database(),
        }
    )
    branch(repository, after)
    code, result = diffed(repository)
    assert (code, new(result)) == (0, set())
    assert RULE in {rule for rule, _ in failures(result)}


def test_a_moved_block_of_one_module_says_nothing_of_another(repository: Repository) -> None:
    repository.commit(
        {
            "main.tf": 'module "a" {\n  source = "./a"\n}\nmodule "b" {\n  source = "./b"\n}\n',
            "a/main.tf": database(),
            "b/main.tf": "",
        }
    )
    branch(repository, {"a/main.tf": "", "b/main.tf": database("renamed", identifier="other") + MOVED})
    code, result = diffed(repository)
    assert code == 1
    assert (RULE, "module.b.aws_db_instance.renamed") in new(result)


def test_another_thing_in_the_place_of_one_that_went_is_new(repository: Repository) -> None:
    repository.commit({"main.tf": database()})
    branch(repository, {"main.tf": database("second", identifier="second")})
    code, result = diffed(repository)
    assert code == 1
    assert new(result) == {(RULE, "aws_db_instance.second")}
    assert effects(result) == {"CC6.6": "mixed"}


def test_one_that_went_stands_for_one_that_came_and_not_for_two(repository: Repository) -> None:
    repository.commit({"main.tf": database().replace('  identifier              = "main"\n', "")})
    bare = database("a").replace('  identifier              = "main"\n', "")
    branch(repository, {"main.tf": bare + bare.replace('"a"', '"b"')})
    code, result = diffed(repository)
    assert code == 1
    assert len(new(result)) == 1


def test_the_work_tree_is_neither_read_nor_touched(repository: Repository) -> None:
    repository.commit({"main.tf": database(public="false")})
    branch(repository, {"README.md": "# hello\n"})
    repository.write({"main.tf": database(), "untracked.tf": "resource {\n"})
    before = repository.git("status", "--porcelain"), (repository.folder / "main.tf").stat().st_mtime_ns
    code, result = diffed(repository)
    assert code == 0
    assert failures(result) == set()
    assert "not committed were not looked at" in " ".join(problem["message"] for problem in result["problems"])
    assert before == (repository.git("status", "--porcelain"), (repository.folder / "main.tf").stat().st_mtime_ns)


def test_gits_variables_of_a_hook_lead_nowhere_else(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"main.tf": database(public="false")})
    branch(repository, {"main.tf": database()})
    more = {"GIT_DIR": str(tmp_path / "nowhere"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    assert diffed(repository, more=more)[0] == 1


def test_a_change_cannot_open_its_own_gate(repository: Repository) -> None:
    pack = (
        "id: no-queues\ntitle: There are no queues\nseverity: high\ncontrol: encryption-at-rest\n"
        "kind: AWS::SQS::Queue\n"
        'assert: "false"\nmessage: a queue\nwhy: ours\nfix:\n  terraform: remove it\n'
    )
    config = "packs: [./policy]\nwaiver_files: [w.yaml]\n"
    repository.commit(
        {"main.tf": "", "soc2gate.yaml": config, "policy/rules/no-queues/rule.yaml": pack, "w.yaml": "waivers: []\n"}
    )
    terms = "reason: x, owner: a, approver: b, expires: 2026-07-01"
    comment = f"# soc2gate:waive {RULE} reason=x owner=a approver=b expires=2026-07-01\n"
    branch(
        repository,
        {
            "main.tf": comment + database() + 'resource "aws_sqs_queue" "q" {\n  sqs_managed_sse_enabled = true\n}\n',
            "soc2gate.yaml": "fail_on: never\nignore_paths: ['*.tf']\nwaiver_files: [w.yaml]\n",
            "policy/rules/no-queues/rule.yaml": None,
            "w.yaml": f"waivers:\n- {{rule: {RULE}, address: '*', {terms}}}\n",
        },
    )
    code, result = diffed(repository)
    assert code == 1
    assert new(result) >= {(RULE, "aws_db_instance.main"), ("no-queues", "aws_sqs_queue.q")}
    told = {(item["what"], item["change"], item["path"]) for item in result["diff"]["policy_changes"]}
    assert told == {
        ("configuration", "changed", "soc2gate.yaml"),
        ("configuration", "changed", "w.yaml"),
        ("pack", "removed", "policy/rules/no-queues/rule.yaml"),
        ("waiver", "added", "main.tf"),
    }
    details = {item["path"]: item["detail"] for item in result["diff"]["policy_changes"]}
    assert details["soc2gate.yaml"] == "fail_on, ignore_paths, packs"
    assert "POLICY CHANGES (4)" in repository.run("scan", "--diff-base", "main").stdout


def test_a_configuration_that_the_base_does_not_have_decides_nothing_even_when_named(repository: Repository) -> None:
    repository.commit({"main.tf": database(public="false")})
    branch(repository, {"main.tf": database(), "ci/gate.yaml": "fail_on: never\n"})
    assert diffed(repository, "--config", "ci/gate.yaml")[0] == 1


def test_a_waiver_of_the_base_holds_also_for_what_moves(repository: Repository) -> None:
    comment = f"# soc2gate:waive {RULE} reason=x owner=a approver=b expires=2026-07-01\n"
    repository.commit({"main.tf": comment + database(public="var.public"), "variables.tf": VARIABLES})
    branch(
        repository,
        {
            "main.tf": None,
            "moved.tf": database(public="var.public"),
            "variables.tf": VARIABLES.replace("false", "true"),
        },
    )
    code, result = diffed(repository)
    assert code == 0
    assert [item["waiver"]["approver"] for item in result["findings"] if item["waiver"]] == ["b"]
    assert [(item["what"], item["change"]) for item in result["diff"]["policy_changes"]] == [("waiver", "removed")]


def test_attributes_cannot_hide_a_file_from_the_gate(repository: Repository) -> None:
    repository.commit({"main.tf": database(public="false")})
    branch(repository, {"more.tf": database("second"), ".gitattributes": "more.tf export-ignore\n*.tf ident\n"})
    assert new(diffed(repository)[1]) == {(RULE, "aws_db_instance.second")}


def test_a_link_out_of_the_tree_is_refused_there_too(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "outside.tf").write_text(database())
    repository.commit({"main.tf": database(public="false")})
    repository.git("checkout", "--quiet", "-b", "feature")
    (repository.folder / "link.tf").symlink_to(tmp_path / "outside.tf")
    repository.commit({})
    code, result = diffed(repository)
    assert code == 3
    assert failures(result) == set()


def test_what_could_not_be_looked_at_before_closes_nothing_until_it_changes(repository: Repository) -> None:
    call = 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'
    files: dict[str, str | None] = {"main.tf": call, "broken/main.tf": "resource {\n"}
    repository.commit(files)
    assert repository.scan()[0] == 3
    branch(repository, {"README.md": "# hello\n"})
    code, result = diffed(repository)
    assert code == 0
    assert {problem["new"] for problem in result["problems"]} == {False}
    repository.commit({"main.tf": call + "# changed\n"})
    code, result = diffed(repository)
    assert code == 3
    repository.commit({"main.tf": call, "broken/main.tf": "resource {\n\n"})
    code, result = diffed(repository)
    assert code == 3
    assert result["decision"]["reasons"] == ["1 input could not be read"]


def test_a_verdict_that_becomes_unknown_is_missing_evidence(repository: Repository) -> None:
    repository.commit({"main.tf": database(public="var.public"), "variables.tf": VARIABLES})
    branch(repository, {"variables.tf": 'variable "public" {\n  type = bool\n}\n'})
    code, result = diffed(repository)
    assert code == 3
    assert effects(result) == {"CC6.6": "worsens"}


def test_a_change_that_brings_the_first_configuration_and_one_that_removes_all(repository: Repository) -> None:
    repository.commit({"README.md": "# hello\n"})
    branch(repository, {"main.tf": database()})
    assert new(diffed(repository)[1]) == {(RULE, "aws_db_instance.main")}
    repository.git("checkout", "--quiet", "-b", "gone")
    repository.commit({"main.tf": None})
    code, result = diffed(repository, base="feature")
    assert code == 0
    assert effects(result) == {"CC6.6": "improves"}


# --- where the base comes from ------------------------------------------------------------------------------------


def clone(repository: Repository, folder: Path, *options: str) -> Repository:
    subprocess.run(
        ["git", "clone", "--quiet", *options, f"file://{repository.folder}", str(folder)],
        env=environment(),
        check=True,
        capture_output=True,
    )
    return Repository(folder)


def test_a_shallow_clone_without_the_base_says_what_to_fetch(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"main.tf": database()})
    branch(repository, {"README.md": "# hello\n"})
    shallow = clone(repository, tmp_path / "shallow", "--depth", "1", "--branch", "feature")
    done = shallow.run("scan", "--diff-base", "origin/main")
    assert done.returncode == 2
    assert "there is no commit “origin/main” here to compare with" in done.stderr
    assert "fetch-depth: 0" in done.stderr
    both = clone(repository, tmp_path / "both", "--depth", "1", "--no-single-branch", "--branch", "feature")
    done = both.run("scan", "--diff-base", "origin/main")
    # The tip of feature sits right on main here, but a clone this shallow cannot know.
    assert done.returncode == 2
    assert "where HEAD left “origin/main” is not in this clone" in done.stderr
    both.git("fetch", "--quiet", "--unshallow")
    assert diffed(both, base="origin/main")[0] == 0


def test_auto_takes_what_ci_says(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit({"main.tf": database(public="false")})
    second = repository.commit({"main.tf": database()})
    branch(repository, {"README.md": "# hello\n"})

    def base(event: dict[str, Any] | None = None, **more: str) -> str:
        if event is not None:
            (tmp_path / "event.json").write_text(json.dumps(event))
            more["GITHUB_EVENT_PATH"] = str(tmp_path / "event.json")
        return str(diffed(repository, base="auto", more=more)[1]["diff"]["base"])

    assert base({"pull_request": {"base": {"sha": first}}}) == first
    assert base({"merge_group": {"base_sha": second}}) == second
    assert base({"before": first}) == first
    assert base({"before": "0" * 40}) == second
    assert base(S2G_EVENT_BASE=first) == first
    assert base(CI_MERGE_REQUEST_DIFF_BASE_SHA=first) == first
    assert base(CI_COMMIT_BEFORE_SHA=first) == first
    assert base(CI_MERGE_REQUEST_DIFF_BASE_SHA=first, CI_COMMIT_BEFORE_SHA="0" * 40) == first
    assert base(CHANGE_TARGET="main") == second
    assert base() == second


def test_auto_guesses_no_other_base_than_the_one_ci_names(repository: Repository) -> None:
    repository.commit({"main.tf": database()})
    done = repository.run("scan", "--diff-base", "auto", more={"S2G_EVENT_BASE": "1" * 40})
    assert done.returncode == 2
    assert "1" * 40 in done.stderr


def test_outside_a_repository_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(database())
    bare = Repository.__new__(Repository)
    bare.folder = tmp_path
    done = bare.run("scan", "--diff-base", "main")
    assert done.returncode == 2
    assert "needs a git repository" in done.stderr


def test_temporary_files_inside_the_repository_are_refused(repository: Repository) -> None:
    repository.commit({"main.tf": database(), "tmp/keep": ""})
    done = repository.run("scan", "--diff-base", "main", more={"TMPDIR": str(repository.folder / "tmp")})
    assert done.returncode == 2
    assert "set TMPDIR elsewhere" in done.stderr
    assert sorted(path.name for path in (repository.folder / "tmp").iterdir()) == ["keep"]


def test_a_repository_without_a_commit_says_so(repository: Repository) -> None:
    done = repository.run("scan", "--diff-base", "main")
    assert done.returncode == 2
    assert "this repository has none yet" in done.stderr


def test_settings_that_a_change_brings_in_pyproject_are_a_policy_change(repository: Repository) -> None:
    project = '[project]\nname = "x"\nversion = "1"\n'
    repository.commit({"main.tf": database(public="false"), "pyproject.toml": project})
    branch(repository, {"pyproject.toml": project + '[tool.soc2gate]\nfail_on = "never"\n', "main.tf": database()})
    code, result = diffed(repository)
    assert code == 1
    assert [(item["what"], item["change"], item["path"]) for item in result["diff"]["policy_changes"]] == [
        ("configuration", "changed", "pyproject.toml")
    ]


def test_other_settings_in_pyproject_are_none_of_our_business(repository: Repository) -> None:
    repository.commit({"main.tf": database(public="false"), "pyproject.toml": '[project]\nname = "x"\n'})
    branch(repository, {"pyproject.toml": '[project]\nname = "y"\n'})
    assert diffed(repository)[1]["diff"]["policy_changes"] == []
