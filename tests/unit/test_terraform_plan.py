"""Plans: what Terraform would apply, read as a source that agrees with the configuration it was made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import plans
import pytest
import terraform_oracle

from soc2gate.app import scan
from soc2gate.config import Config
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform import read as read_code
from soc2gate.declared.terraform.plan import read
from soc2gate.model.outcome import Run, Verdict
from soc2gate.model.resource import RawResource, Reading, Span, Weight
from soc2gate.model.value import Ref, Unknown
from soc2gate.output.json import render as render_json
from soc2gate.output.text import render as render_text
from soc2gate.packs import load
from soc2gate.request import Request

NOW = "2026-11-21T09:00:00Z"


def reading(folder: Path, shown: dict[str, Any], code: str = "") -> Reading:
    plans.write(folder, shown, code=code)
    return read(Root("terraform-plan", "plan.json", ("plan.json",)), folder, ReadOptions())


def by_address(made: Reading) -> dict[str, RawResource]:
    return {raw.address: raw for raw in made.resources}


def judged(folder: Path, path: str) -> Run:
    rules = load()
    variables = {"logs_bucket": "audit-logs", "db_password": plans.SECRET}
    return scan(Request((path,), folder, Config(), rules, NOW, lambda: NOW, variables=variables))


def verdicts(run: Run) -> dict[tuple[str, str], Verdict]:
    return {(finding.rule, finding.address): finding.verdict for finding in run.findings}


def test_a_plan_without_its_code_says_how_to_name_it_and_is_mended_in_terraform(tmp_path: Path) -> None:
    plans.write(tmp_path, plans.plan())
    told = " ".join(render_text(judged(tmp_path, "plan.json")).split())
    assert "the code that this plan was made from is not in its folder: it is judged without lines of code" in told
    assert "write the plan into the folder it was made in, or name that folder with --root FOLDER" in told
    in_terraform = load().rules["sg-no-ssh-from-internet"].fix["terraform"]
    assert " ".join(in_terraform.split()) in told


# --- agreement with the configuration


def test_a_plan_and_its_configuration_get_the_same_verdicts(tmp_path: Path) -> None:
    plans.write(tmp_path, plans.plan(), code=plans.CODE)
    code, planned = judged(tmp_path, "."), judged(tmp_path, "plan.json")
    assert verdicts(code) == verdicts(planned)
    assert {Verdict.PASS, Verdict.FAIL} <= set(verdicts(planned).values())
    group = [verdict for (_, address), verdict in verdicts(planned).items() if address == "aws_security_group.web"]
    assert Verdict.FAIL in group


def test_without_its_configuration_a_plan_never_contradicts_it(tmp_path: Path) -> None:
    plans.write(tmp_path / "code", plans.plan(), code=plans.CODE)
    plans.write(tmp_path / "bare", plans.plan())
    code, planned = verdicts(judged(tmp_path / "code", ".")), verdicts(judged(tmp_path / "bare", "plan.json"))
    settled = {key: verdict for key, verdict in planned.items() if verdict is not Verdict.UNKNOWN}
    assert settled.items() <= code.items()
    assert planned.keys() == code.keys()
    assert len(settled) > len(planned) / 2


@pytest.mark.parametrize("code", ["", plans.CODE], ids=["plan alone", "configuration beside it"])
def test_bodies_have_the_shape_of_the_configurations_reader(tmp_path: Path, code: str) -> None:
    made = by_address(reading(tmp_path / "plan", plans.plan(), code))
    (tmp_path / "main.tf").write_text(plans.CODE, "utf-8")
    values = {"logs_bucket": "audit-logs", "db_password": "x"}
    written = read_code(Root("terraform", "", ("main.tf",)), tmp_path, ReadOptions(variables=values))
    for address, raw in by_address(written).items():
        mine = made[address]
        assert (mine.type, mine.account, mine.region) == (raw.type, raw.account, raw.region)
        names = {name for name, value in raw.body.items() if value is not None}
        # Without the files, a group's egress may be a dynamic block's.
        assert set(mine.body) - names <= ({"egress"} if not code else set()), address
        assert names <= set(mine.body), address
    versioning = made["aws_s3_bucket_versioning.data"].body
    assert versioning["versioning_configuration"] == [{"status": "Enabled"}]
    bucket = versioning["bucket"]
    assert isinstance(bucket, Unknown)
    assert bucket.ref == Ref("aws_s3_bucket.data", "id")
    assert bucket.not_null


REAL = """\
variable "names" { default = ["b", "a"] }
variable "secret" {
  default   = "correct-horse-battery"
  sensitive = true
}
resource "terraform_data" "each" {
  for_each = toset(var.names)
  input    = { name = each.key, list = [1, 2], nothing = null, empty = [] }
}
resource "terraform_data" "user" {
  count            = 2
  input = {
    id     = terraform_data.each["a"].id
    hidden = var.secret
    text   = "${terraform_data.each["a"].id}-x"
  }
  triggers_replace = terraform_data.each["b"].id
}
module "inner" {
  source = "./inner"
  value  = terraform_data.user[0].id
}
"""
INNER = 'variable "value" {}\nresource "terraform_data" "v" {\n  input = var.value\n}\n'


@pytest.mark.oracle
def test_a_plan_that_terraform_made_says_what_the_configuration_says(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(REAL, "utf-8")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "main.tf").write_text(INNER, "utf-8")
    shown = terraform_oracle.plan(tmp_path)
    code = by_address(read_code(terraform_oracle.root_of(tmp_path, tmp_path), tmp_path, ReadOptions()))
    beside = reading(tmp_path, shown)
    alone = reading(tmp_path / "alone", shown)
    assert by_address(beside).keys() == by_address(alone).keys() == code.keys()
    for address, raw in code.items():
        mine = by_address(beside)[address]
        assert mine.body.keys() == raw.body.keys(), address
        assert mine.where == raw.where
        if address.startswith("terraform_data.each"):
            expected = {"name": address[-3], "list": [1, 2], "empty": []}
            assert by_address(alone)[address].body["input"] == mine.body["input"] == expected
    user = by_address(beside)["terraform_data.user[1]"].body["input"]
    assert isinstance(user, dict)
    assert isinstance(user["hidden"], Unknown)
    assert user["id"] == code["terraform_data.user[1]"].body["input"]["id"]  # type: ignore[index, call-overload]
    assert user["text"] == code["terraform_data.user[1]"].body["input"]["text"]  # type: ignore[index, call-overload]
    inner = by_address(beside)["module.inner.terraform_data.v"]
    assert inner.where.path == "inner/main.tf"
    assert inner.body["input"] == code["module.inner.terraform_data.v"].body["input"]
    told = by_address(alone)["module.inner.terraform_data.v"].body["input"]
    assert isinstance(told, Unknown)
    assert told.depends == ("terraform_data.user[0].id",)
    assert plans.SECRET not in repr(beside) + repr(alone)


def test_an_instance_that_only_the_plan_can_count_is_written_where_its_block_is(tmp_path: Path) -> None:
    code = """\
data "aws_availability_zones" "all" {}
resource "aws_s3_bucket" "b" {
  count         = length(data.aws_availability_zones.all.names)
  bucket_prefix = "b-"
}
resource "aws_s3_bucket_versioning" "b" {
  count  = length(data.aws_availability_zones.all.names)
  bucket = aws_s3_bucket.b[count.index].id
  versioning_configuration {
    status = "Enabled"
  }
}
"""
    buckets = [
        plans.change(
            f"aws_s3_bucket.b[{n}]", {"bucket_prefix": "b-"}, {"id": True, "versioning": True, "logging": True}
        )
        for n in range(2)
    ]
    enabled = {"versioning_configuration": [{"status": "Enabled"}]}
    versioning = [plans.change(f"aws_s3_bucket_versioning.b[{n}]", enabled, {"bucket": True}) for n in range(2)]
    shown = plans.plan([*buckets, *versioning])
    references = {"bucket": {"references": ["aws_s3_bucket.b", "count.index"]}, "versioning_configuration": [{}]}
    shown["configuration"]["root_module"]["resources"] = [
        {"mode": "managed", "type": "aws_s3_bucket", "name": "b", "expressions": {"bucket_prefix": {}}},
        {"mode": "managed", "type": "aws_s3_bucket_versioning", "name": "b", "expressions": references},
    ]
    made = by_address(reading(tmp_path, shown, code))
    assert made["aws_s3_bucket.b[1]"].body == {"bucket_prefix": "b-"}
    assert made["aws_s3_bucket.b[1]"].where.line == 2
    bucket = made["aws_s3_bucket_versioning.b[1]"].body["bucket"]
    assert isinstance(bucket, Unknown)
    assert bucket.ref == Ref("aws_s3_bucket.b[1]", "id")
    found = verdicts(judged(tmp_path, "plan.json"))
    assert found["s3-versioning", "aws_s3_bucket.b[0]"] is found["s3-versioning", "aws_s3_bucket.b[1]"] is Verdict.PASS


_BLOCK = plans.CODE[plans.CODE.index("  dynamic") : plans.CODE.index('resource "aws_db_instance"')]


@pytest.mark.parametrize("gone", ["  storage_encrypted = false\n", _BLOCK], ids=["an argument", "a dynamic block"])
def test_files_edited_since_the_plan_do_not_hide_what_it_does(tmp_path: Path, gone: str) -> None:
    edited = plans.CODE.replace(gone, "}\n\n" if gone is _BLOCK else "")
    assert edited != plans.CODE
    plans.write(tmp_path, plans.plan(), code=edited)
    found = verdicts(judged(tmp_path, "plan.json"))
    assert found["rds-encrypted", "aws_db_instance.main"] is Verdict.FAIL
    assert found["sg-no-ssh-from-internet", "aws_security_group.web"] is Verdict.FAIL


# --- places


def test_findings_point_at_the_configuration_where_it_is_at_hand(tmp_path: Path) -> None:
    made = by_address(reading(tmp_path, plans.plan(), plans.CODE))
    group = made["aws_security_group.web"]
    assert group.where.path == "main.tf"
    assert plans.CODE.splitlines()[group.where.line - 1].startswith('resource "aws_security_group" "web"')
    # Terraform sorts the set; the elements are put back as they are written, so that places hold.
    assert [rule["from_port"] for rule in group.body["ingress"]] == [443, 22]  # type: ignore[index, union-attr, call-overload]
    place = group.places["ingress[1].from_port"]
    assert isinstance(place, Span)
    assert "from_port" in plans.CODE.splitlines()[place.line - 1]


def test_without_it_they_point_at_the_plan_and_no_line_of_it_is_shown(tmp_path: Path) -> None:
    plans.write(tmp_path, plans.plan())
    run = judged(tmp_path, "plan.json")
    failed = [finding for finding in run.findings if finding.verdict is Verdict.FAIL]
    assert failed
    assert {finding.where for finding in failed if isinstance(finding.where, Span)} == {Span("plan.json", 1)}
    assert "format_version" not in render_text(run, color=False, verbose=True)


# --- what is not known, and what is nobody's business


def test_sensitive_values_are_nowhere(tmp_path: Path) -> None:
    for code in ("", plans.CODE):
        made = reading(tmp_path, plans.plan(), code)
        password = by_address(made)["aws_db_instance.main"].body["password"]
        assert isinstance(password, Unknown)
        assert password.not_null
        assert plans.SECRET not in repr(made)
        run = judged(tmp_path, "plan.json")
        assert plans.SECRET not in render_text(run, color=False, verbose=True) + render_json(run)


def test_the_digest_does_not_depend_on_a_secret_but_on_everything_else(tmp_path: Path) -> None:
    def digest(shown: dict[str, Any]) -> str:
        plans.write(tmp_path, shown)
        return judged(tmp_path, "plan.json").digests["inputs"]

    text = json.dumps(plans.plan())
    assert digest(json.loads(text.replace(plans.SECRET, "other"))) == digest(plans.plan())
    assert digest(json.loads(text.replace("db.t3.micro", "db.t3.large"))) != digest(plans.plan())


def test_what_an_unset_argument_of_an_existing_resource_holds_is_not_taken_for_configuration(tmp_path: Path) -> None:
    live = {
        "bucket": "data-1",
        "bucket_prefix": "data-",
        "id": "data-1",
        "arn": "arn:aws:s3:::data-1",
        "acl": None,
        "versioning": [{"enabled": True, "mfa_delete": False}],
        "grant": [{"id": "x", "permissions": ["READ"], "type": "Group", "uri": "http://acs/AllUsers"}],
        "lifecycle_rule": [],
    }
    shown = plans.plan([plans.change("aws_s3_bucket.data", live, before=live)])
    for code in ("", plans.CODE):
        raw = by_address(reading(tmp_path, shown, code))["aws_s3_bucket.data"]
        assert raw.body == {"bucket_prefix": "data-"}
        assert raw.ids == {"id": "data-1", "bucket": "data-1", "arn": "arn:aws:s3:::data-1"}


def test_a_group_whose_rules_are_known_after_apply_does_not_pass_without_the_configuration(tmp_path: Path) -> None:
    group = plans.change("aws_security_group.web", {"name": "web"}, {"id": True, "arn": True, "ingress": True})
    plans.write(tmp_path, plans.plan([group]))
    found = {f.rule: f.verdict for f in judged(tmp_path, "plan.json").findings if f.rule.startswith("sg-")}
    assert found["sg-no-ssh-from-internet"] is Verdict.UNKNOWN
    assert Verdict.PASS not in found.values()


def test_references_lead_through_variables_and_outputs_of_modules(tmp_path: Path) -> None:
    inner = plans.change(
        "module.logs[0].aws_s3_bucket_versioning.v",
        {"versioning_configuration": [{"status": "Enabled"}]},
        {"bucket": True, "id": True},
    )
    outer = plans.change("aws_s3_bucket_policy.p", {"policy": "{}"}, {"bucket": True, "id": True})
    shown = plans.plan([inner, outer])
    root = shown["configuration"]["root_module"]
    here = {"mode": "managed", "provider_config_key": "aws"}
    root["resources"].append(
        {
            **here,
            "type": "aws_s3_bucket_policy",
            "name": "p",
            "expressions": {
                "policy": {},
                "bucket": {"references": ["module.logs[0].bucket", "module.logs[0]", "module.logs"]},
            },
        }
    )
    versioning = {
        "bucket": {"references": ["var.bucket"]},
        "versioning_configuration": [{"status": {"constant_value": "Enabled"}}],
    }
    root["module_calls"] = {
        "logs": {
            "source": "./logs",
            "expressions": {"bucket": {"references": ["aws_s3_bucket.data.id", "aws_s3_bucket.data"]}},
            "module": {
                "resources": [
                    {**here, "type": "aws_s3_bucket_versioning", "name": "v", "expressions": versioning},
                ],
                "outputs": {
                    "bucket": {"expression": {"references": ["aws_s3_bucket.own.bucket", "aws_s3_bucket.own"]}}
                },
            },
        }
    }
    made = by_address(reading(tmp_path, shown))
    told = made["module.logs[0].aws_s3_bucket_versioning.v"].body["bucket"]
    assert isinstance(told, Unknown)
    assert told.ref == Ref("aws_s3_bucket.data", "id")
    told = made["aws_s3_bucket_policy.p"].body["bucket"]
    assert isinstance(told, Unknown)
    assert told.ref == Ref("module.logs[0].aws_s3_bucket.own", "bucket")


def test_text_that_holds_a_reference_is_not_taken_for_it(tmp_path: Path) -> None:
    shown = plans.plan([plans.change("aws_s3_bucket_policy.p", {}, {"bucket": True, "policy": True})])
    shown["configuration"]["root_module"]["resources"] = [
        {
            "mode": "managed",
            "type": "aws_s3_bucket_policy",
            "name": "p",
            "expressions": {
                "policy": {"references": ["aws_s3_bucket.data.arn", "aws_s3_bucket.data"]},
                "bucket": {"references": ["var.live", "aws_s3_bucket.data.id", "aws_s3_bucket.data"]},
            },
        }
    ]
    body = by_address(reading(tmp_path, shown))["aws_s3_bucket_policy.p"].body
    for name in ("policy", "bucket"):
        value = body[name]
        assert isinstance(value, Unknown)
        assert value.ref is None
        assert "aws_s3_bucket.data.arn" in value.depends or "aws_s3_bucket.data.id" in value.depends


# --- what a plan does not hold


def test_what_is_destroyed_or_forgotten_is_not_there(tmp_path: Path) -> None:
    gone = [
        plans.change("aws_s3_bucket.a", None, actions=["delete"], before={}),
        plans.change("aws_s3_bucket.b", None, actions=["forget"], before={}),
        plans.change("aws_s3_bucket.c", {"bucket": "c"}, deposed="00000001", actions=["delete"], before={}),
        plans.change("aws_s3_bucket.d", {"bucket": "d"}, actions=["delete", "create"], before={"bucket": "old"}),
    ]
    assert list(by_address(reading(tmp_path, plans.plan(gone)))) == ["aws_s3_bucket.d"]


def test_deferred_resources_are_judged_as_if_created(tmp_path: Path) -> None:
    later = plans.change('aws_s3_bucket.later["*"]', {"bucket": "later"})
    later["address"] = "aws_s3_bucket.later[*]"
    shown = plans.plan(
        deferred_changes=[{"reason": "instance_count_unknown", "resource_change": later}], complete=False
    )
    made = reading(tmp_path, shown)
    raw = by_address(made)["aws_s3_bucket.later[?]"]
    assert "instance_count_unknown" in raw.uncertain
    assert made.unread
    assert [problem.weight for problem in made.problems if "not complete" in problem.message] == [Weight.GAP]


def test_drift_and_errors_are_told(tmp_path: Path) -> None:
    drift = [plans.change(f"aws_s3_bucket.b[{n}]", {"bucket": "b"}, before={}) for n in range(7)]
    made = reading(tmp_path, plans.plan(resource_drift=drift, errored=True))
    told = {problem.message: problem.weight for problem in made.problems}
    assert any("and 2 more" in message and weight is Weight.NOTE for message, weight in told.items())
    assert any("stopped with errors" in message and weight is Weight.BROKEN for message, weight in told.items())
    assert made.unread


# --- bad input


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ('{"format_version": "1.2", "planned_values": {"root', "is not whole JSON", "terraform show -json"),
        ('{"format_version": "2.0", "planned_values": {}}', "has format_version '2.0'", "Terraform 1.x"),
        ('{"planned_values": {}, "serial": 1}', "has no format_version", "Terraform 1.x"),
        ('{"format_version": "1.0", "terraform_version": "1.9", "values": {}}', "is a state, not a plan", "--state"),
        ('{"version": 4, "terraform_version": "1.9", "serial": 1}', "is a state, not a plan", "--state"),
        ('{"format_version": "1.0", "terraform_version": "1.9"}', "is not a plan", "terraform plan -out"),
        ("PK\x03\x04 tfplan", "a saved plan in Terraform's own form", "terraform show -json plan.json"),
    ],
)
def test_a_file_that_is_no_plan_says_what_it_is_and_what_to_do(
    tmp_path: Path, content: str, message: str, hint: str
) -> None:
    (tmp_path / "plan.json").write_text(content, "utf-8")
    run = judged(tmp_path, "plan.json")
    (problem,) = [problem for problem in run.problems if problem.weight is Weight.BROKEN]
    assert message in problem.message
    assert hint in problem.hint
    assert isinstance(problem.where, Span)
    assert problem.where.path == "plan.json"
    assert run.decision.exit == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_powershell_writes_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plans.plan()), encoding)
    assert verdicts(judged(tmp_path, "plan.json"))


@pytest.mark.parametrize("part", ["resource_changes", "configuration", "variables", "resource_drift"])
@pytest.mark.parametrize("value", [None, [], {}, "x", [1], [{}], [{"change": 3}]])
def test_parts_of_another_shape_end_in_no_crash(tmp_path: Path, part: str, value: Any) -> None:
    assert reading(tmp_path, plans.plan(**{part: value}), plans.CODE).format == "terraform-plan"


def test_a_plan_that_lies_in_a_scanned_folder_is_left_alone(tmp_path: Path) -> None:
    plans.write(tmp_path, plans.plan(), code=plans.CODE)
    assert [format_ for format_, _ in judged(tmp_path, ".").roots] == ["terraform"]
