"""`--checkov-json` and `--results`: what other tools wrote, told beside ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from git_for_tests import Repository

import soc2gate

SCHEMA = Path(soc2gate.__file__).parent / "json_schemas" / "result.schema.json"
MAIN = """\
resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

resource "aws_athena_database" "d" {
  name = "d"
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit({"infra/main.tf": MAIN})
    return repository


def scan(repository: Repository, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, result = repository.scan(*arguments)
    jsonschema.validate(result, json.loads(SCHEMA.read_text("utf-8")))
    return code, result


def write(folder: Path, name: str, content: Any) -> str:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return str(folder / name)


def of(result: dict[str, Any], engine: str) -> dict[str, dict[str, Any]]:
    return {item["rule"]: item for item in result["findings"] if item["engine"] == engine}


# --- checkov's JSON ---------------------------------------------------------------------------------------------------


def record(check: str, resource: str, lines: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {
        "check_id": check,
        "check_name": f"name of {check}",
        "check_result": {"result": "FAILED"},
        "file_path": "/main.tf",
        "file_abs_path": "/home/somebody/else/infra/main.tf",
        "repo_file_path": "/infra/main.tf",
        "file_line_range": list(lines),
        "resource": resource,
        "severity": None,
        "guideline": None,
        **more,
    }


def part(failed: list[dict[str, Any]], check_type: str = "terraform", **more: Any) -> dict[str, Any]:
    held = {"passed_checks": [], "failed_checks": failed, "skipped_checks": [], "parsing_errors": [], **more}
    return {"check_type": check_type, "results": held, "summary": {"checkov_version": "3.3.30"}, "url": "…"}


FAILED = [
    record("CKV_AWS_21", "aws_s3_bucket.logs", (1, 3)),
    record("CKV_AWS_77", "aws_athena_database.d", (5, 7), guideline="https://example.org/77"),
    record("CKV2_AWS_62", "aws_s3_bucket.logs", (1, 3)),
    record("CKV_XYZ_1", "aws_s3_bucket.logs", (1, 3)),
]


@pytest.mark.parametrize(
    "told", [part(FAILED), [part(FAILED), part([], "kubernetes")]], ids=["one framework", "several frameworks"]
)
def test_checkovs_json_is_read_in_each_of_its_shapes(repository: Repository, tmp_path: Path, told: Any) -> None:
    code, result = scan(repository, "--checkov-json", write(tmp_path, "r.json", told))
    assert code == 1
    found = of(result, "checkov")
    assert set(found) == {"CKV_AWS_77"}
    assert found["CKV_AWS_77"]["where"] == {"path": "infra/main.tf", "line": 5, "column": 1, "end_line": 7}
    (engine,) = result["engines"]
    assert (engine["told"], engine["covered"]) == (1, 1)
    assert engine["unmapped"] == {"CKV_XYZ_1": {"fail": 1}}
    assert engine["no_control"] == {"CKV2_AWS_62": {"fail": 1}}
    assert engine["checks"]["CKV_AWS_77"]["guideline"] == "https://example.org/77"


def test_the_shape_of_a_run_that_scanned_nothing_holds_nothing(repository: Repository, tmp_path: Path) -> None:
    flat = {
        "passed": 0,
        "failed": 0,
        "skipped": 0,
        "parsing_errors": 0,
        "resource_count": 0,
        "checkov_version": "3.3.30",
    }
    _, result = scan(repository, "--checkov-json", write(tmp_path, "r.json", flat))
    assert [(one["version"], one["told"], one["covered"]) for one in result["engines"]] == [("3.3.30", 0, 0)]


def test_paths_are_understood_from_wherever_checkov_was_run(repository: Repository, tmp_path: Path) -> None:
    inside = record("CKV_AWS_77", "aws_athena_database.d", (5, 7), repo_file_path="/main.tf")
    _, result = scan(repository, "infra", "--checkov-json", write(tmp_path, "r.json", part([inside])))
    assert of(result, "checkov")["CKV_AWS_77"]["where"]["path"] == "infra/main.tf"


def test_results_about_other_files_are_counted_and_those_about_none_are_a_gap(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit({"other/main.tf": MAIN})
    elsewhere = record(
        "CKV_AWS_77", "aws_athena_database.d", (5, 7), repo_file_path="/other/main.tf", file_path="/other/main.tf"
    )
    nowhere = record(
        "CKV_AWS_77", "aws_athena_database.d", (5, 7), repo_file_path="/infra/gone.tf", file_path="/infra/gone.tf"
    )
    code, result = scan(repository, "infra", "--checkov-json", write(tmp_path, "r.json", part([elsewhere, nowhere])))
    assert result["engines"][0]["elsewhere"] == 1
    assert "1 results of checkov name files that are not here" in [item["message"] for item in result["problems"]]
    assert code in (1, 3)


def test_a_result_whose_place_is_in_no_resource_of_ours_is_told_all_the_same(
    repository: Repository, tmp_path: Path
) -> None:
    provider = record("CKV_AWS_41", "aws.default", (1, 1))
    code, result = scan(repository, "--checkov-json", write(tmp_path, "r.json", part([provider])))
    assert (code, of(result, "checkov")["CKV_AWS_41"]["severity"]) == (1, "critical")


def test_parse_errors_of_a_file_are_problems(repository: Repository, tmp_path: Path) -> None:
    told = part([], parsing_errors=["/infra/main.tf"])
    _, result = scan(repository, "--checkov-json", write(tmp_path, "r.json", told))
    assert ("gap", "infra/main.tf") in [
        (item["weight"], item["where"]["path"]) for item in result["problems"] if item["stage"] == "checkov"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "r.json:1:2: is no JSON"),
        ('{"runs": []}', "is not what `checkov -o json` writes"),
        ("[" * 100_000, "is nested too deeply"),
        ('[{"results": {"failed_checks": 7}}, 3]', "is not what `checkov -o json` writes"),
    ],
)
def test_a_file_that_is_none_closes_the_gate_and_the_rest_is_told(
    repository: Repository, tmp_path: Path, content: str, said: str
) -> None:
    code, result = scan(repository, "--fail-on", "never", "--checkov-json", write(tmp_path, "r.json", content))
    assert code == 3
    assert any(said in item["message"] and item["weight"] == "broken" for item in result["problems"])
    assert result["findings"]


def test_a_file_that_is_not_there_is_asked_wrongly(repository: Repository) -> None:
    done = repository.run("scan", "--checkov-json", "nowhere.json")
    assert (done.returncode, "there is no file nowhere.json" in done.stderr) == (2, True)


def test_odd_values_of_a_stranger_break_nothing(repository: Repository, tmp_path: Path) -> None:
    odd = {"check_id": 7, "file_line_range": "x", "resource": None, "check_result": [], "file_path": {}}
    told = part([odd, record("CKV_AWS_77", "a.b", (-3, 10**12), file_path="../../etc/passwd")])
    code, _ = scan(repository, "--checkov-json", write(tmp_path, "r.json", told))
    assert code in (1, 3)


def test_a_waiver_may_name_another_engines_check(repository: Repository, tmp_path: Path) -> None:
    waiver = (
        "waivers:\n- rule: CKV_AWS_77\n  address: aws_athena_database.*\n  reason: nothing in it\n  owner: ada\n"
        "  approver: grace\n  expires: 2026-08-01\n"
    )
    repository.commit({"soc2gate.yaml": waiver})
    _, result = scan(repository, "--checkov-json", write(tmp_path, "r.json", part(FAILED)))
    assert of(result, "checkov")["CKV_AWS_77"]["waiver"]["approver"] == "grace"
    # A scan that asks no checkov does not call it a mistake.
    _, result = scan(repository)
    assert not any("CKV_AWS_77" in item["message"] for item in result["problems"])


def test_two_runs_over_the_same_results_give_the_same_digest(repository: Repository, tmp_path: Path) -> None:
    file = write(tmp_path, "r.json", part(FAILED))
    first, second = (scan(repository, "--checkov-json", file)[1] for _ in range(2))
    assert first["digests"] == second["digests"]
    assert {"checks", "results"} <= set(first["digests"])


# --- SARIF ------------------------------------------------------------------------------------------------------------


def sarif(tool: str, results: list[dict[str, Any]], **run: Any) -> dict[str, Any]:
    rules = [{"id": item["ruleId"], "shortDescription": {"text": f"about {item['ruleId']}"}} for item in results]
    driver = {"name": tool, "version": "1.2.3", "rules": rules}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results, **run}]}


def at(rule: str, line: int, end: int, uri: str = "infra/main.tf", **more: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri, "uriBaseId": "ROOTPATH"}, "region": {"startLine": line, "endLine": end}}
    return {
        "ruleId": rule,
        "level": "error",
        "message": {"text": "it is so"},
        "locations": [{"physicalLocation": place}],
        **more,
    }


@pytest.mark.parametrize(
    ("tool", "versioning", "athena"),
    [
        ("Trivy", "AVD-AWS-0090", "AVD-AWS-0006"),
        ("Trivy", "AWS-0090", "AWS-0006"),
        ("tfsec", "aws-s3-enable-versioning", "aws-athena-enable-at-rest-encryption"),
        ("KICS", "568a4d22-3517-44a6-a7ad-6a7eed88722c", "d40210ea-64b9-4cce-a4fb-e8604f3c062c"),
    ],
)
def test_sarif_of_a_known_tool_stands_beside_ours(
    repository: Repository, tmp_path: Path, tool: str, versioning: str, athena: str
) -> None:
    told = sarif(tool, [at(versioning, 1, 3), at(athena, 5, 7), at("X-1", 1, 3)])
    code, result = scan(repository, "--results", write(tmp_path, "r.sarif", told))
    name = tool.casefold()
    assert code == 1
    assert set(of(result, name)) == {athena}
    assert of(result, name)[athena]["where"]["path"] == "infra/main.tf"
    covered = [(item["rule"], item["also"]) for item in result["findings"] if item["also"]]
    assert covered == [("s3-versioning", [{"engine": name, "check": versioning, "verdict": "fail"}])]
    assert [(one["name"], one["version"], one["unmapped"]) for one in result["engines"]] == [
        (name, "1.2.3", {"X-1": {"fail": 1}})
    ]


def test_a_tool_that_nobody_mapped_is_counted_and_said(repository: Repository, tmp_path: Path) -> None:
    told = sarif("Linter", [at("L1", 1, 1), at("L1", 2, 2)])
    _, result = scan(repository, "--results", write(tmp_path, "r.sarif", told))
    assert of(result, "linter") == {}
    assert result["engines"][0]["unmapped"] == {"L1": {"fail": 2}}
    assert any("nobody mapped the checks of linter" in item["message"] for item in result["problems"])


def test_a_pack_may_bring_a_mapping_of_its_own(repository: Repository, tmp_path: Path) -> None:
    mapping = (
        'engine: linter\nreviewed: "1"\nchecks:\n  L1: {control: backup, severity: high, confidence: low, why: x}\n'
    )
    pack = tmp_path / "pack" / "mappings"
    (pack / "results").mkdir(parents=True)
    (pack / "results" / "linter.yaml").write_text(mapping)
    controls = (
        "controls:\n  own:\n    statement: s\n    criteria: [CC6.1]\n    rationale: {CC6.1: r}\n    evidence: people\n"
    )
    (pack / "own.yaml").write_text(controls + "    max_age_days: 1\n")
    told = sarif("Linter", [at("L1", 1, 1)])
    _, result = scan(repository, "--rules", str(pack.parent), "--results", write(tmp_path, "r.sarif", told))
    assert of(result, "linter")["L1"]["control"] == "backup"


def test_kinds_suppressions_and_failures_of_a_sarif_tool_mean_what_they_say(
    repository: Repository, tmp_path: Path
) -> None:
    suppressed = [{"kind": "inSource", "justification": "known"}]
    results = [
        at("AWS-0006", 5, 7, kind="pass"),
        at("AWS-0007", 5, 7, kind="notApplicable"),
        at("AWS-0023", 5, 7, suppressions=suppressed),
        at("AWS-0052", 5, 7, kind="open"),
        at("AWS-0057", 5, 7, suppressions=[{"kind": "external", "status": "rejected"}]),
    ]
    broke = {"level": "error", "message": {"text": "template broken"}}
    invocations = [{"executionSuccessful": False, "toolExecutionNotifications": [broke]}]
    told = sarif("Trivy", results, invocations=invocations)
    _, result = scan(repository, "--results", write(tmp_path, "r.sarif", told))
    verdicts = {rule: item["verdict"] for rule, item in of(result, "trivy").items()}
    assert verdicts == {"AWS-0006": "pass", "AWS-0023": "unknown", "AWS-0052": "unknown", "AWS-0057": "fail"}
    assert "known" in of(result, "trivy")["AWS-0023"]["reason"]
    assert ("gap", "trivy says: template broken") in [(item["weight"], item["message"]) for item in result["problems"]]


@pytest.mark.parametrize("uri", ["file://{base}/infra/main%2Etf", "main.tf", "./infra/main.tf"])
def test_a_uri_is_a_file_however_it_is_spelled(repository: Repository, tmp_path: Path, uri: str) -> None:
    told = sarif("Trivy", [at("AWS-0006", 5, 7, uri=uri.format(base=repository.folder))])
    if uri == "main.tf":
        told["runs"][0]["originalUriBaseIds"] = {"ROOTPATH": {"uri": f"file://{repository.folder}/infra/"}}
    _, result = scan(repository, "--results", write(tmp_path, "r.sarif", told))
    assert of(result, "trivy")["AWS-0006"]["where"]["path"] == "infra/main.tf"


def test_the_sarif_that_cfn_lint_writes_is_read(repository: Repository, tmp_path: Path) -> None:
    """The real tool's own output."""
    template = (
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: {ZipFile: x}\n"
        "      Handler: index.handler\n      Role: arn:aws:iam::111111111111:role/r\n      Runtime: python2.7\n"
    )
    repository.commit({"stack.yaml": template})
    lint = [str(Path(sys.executable).parent / "cfn-lint"), "--format", "sarif", "stack.yaml"]
    done = subprocess.run(lint, cwd=repository.folder, capture_output=True, text=True)
    _, result = scan(repository, "--results", write(tmp_path, "r.sarif", done.stdout))
    also = [item["also"] for item in result["findings"] if item["rule"] == "lambda-supported-runtime"]
    assert [sorted({one["check"] for one in found}) for found in also] == [["E2533"]]
    assert result["engines"][0]["name"] == "cfn-lint"


# --- Prowler ----------------------------------------------------------------------------------------------------------


def prowler(check: str, code: str, uid: str, **more: Any) -> dict[str, Any]:
    return {
        "message": f"{uid}: {code}",
        "metadata": {"event_code": check, "product": {"name": "Prowler", "version": "5.40.0"}, "version": "1.5.0"},
        "severity": "High",
        "status": "New",
        "status_code": code,
        "status_detail": f"{uid} is so",
        "finding_info": {"title": f"title of {check}", "created_time_dt": "2026-05-31T10:00:00"},
        "resources": [{"uid": uid, "name": uid, "type": "AwsS3Bucket", "region": "eu-west-1"}],
        "cloud": {"provider": "aws", "region": "eu-west-1", "account": {"uid": "111111111111"}},
        "time_dt": "2026-05-31T10:00:00",
        "unmapped": {"provider": "aws"},
        "class_name": "Detection Finding",
        **more,
    }


def test_prowlers_ocsf_stands_beside_ours_as_live_state(repository: Repository, tmp_path: Path) -> None:
    told = [
        prowler("iam_root_mfa_enabled", "FAIL", "arn:aws:iam::111111111111:root"),
        prowler("s3_bucket_object_versioning", "PASS", "arn:aws:s3:::logs"),
        prowler("s3_bucket_object_versioning", "MANUAL", "arn:aws:s3:::odd"),
        prowler("s3_bucket_object_versioning", "FAIL", "arn:aws:s3:::muted", status="Suppressed"),
        prowler("ec2_elastic_ip_shodan", "FAIL", "eip-1"),
        prowler("x", "FAIL", "vm-1", unmapped={"provider": "azure"}),
    ]
    _, result = scan(repository, "--results", write(tmp_path, "prowler.ocsf.json", told))
    found = {(item["rule"], item["address"]): item for item in result["findings"] if item["engine"] == "prowler"}
    verdicts = {address: item["verdict"] for (_, address), item in found.items()}
    assert verdicts == {
        "arn:aws:iam::111111111111:root": "fail",
        "arn:aws:s3:::logs": "pass",
        "arn:aws:s3:::odd": "unknown",
        "arn:aws:s3:::muted": "unknown",
    }
    root = found["iam_root_mfa_enabled", "arn:aws:iam::111111111111:root"]
    assert (root["side"], root["control"], root["severity"]) == ("live", "mfa", "critical")
    assert root["where"] == {
        "provider": "aws",
        "account": "111111111111",
        "region": "eu-west-1",
        "uid": "arn:aws:iam::111111111111:root",
        "call": "prowler:iam_root_mfa_enabled",
        "seen_at": "2026-05-31T10:00:00",
    }
    assert result["engines"][0]["unmapped"] == {"ec2_elastic_ip_shodan": {"fail": 1}}
    assert any("1 results of azure are about nothing" in item["message"] for item in result["problems"])


def test_a_file_that_is_no_tools_result_is_said(repository: Repository, tmp_path: Path) -> None:
    code, result = scan(repository, "--fail-on", "never", "--results", write(tmp_path, "r.json", {"a": 1}))
    assert code == 3
    assert any("is neither SARIF nor OCSF nor checkov's JSON" in item["message"] for item in result["problems"])
