"""What stands in the way of writing, how text is written, and changes at their place in code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from terraform_files import value_of

from soc2gate import into_code
from soc2gate.errors import UsageError
from soc2gate.into_code.hcl import quoted, writer
from soc2gate.kinds import registry
from soc2gate.kinds.inverting import as_argument, invert
from soc2gate.kinds.terraform_imports import IMPORTS
from soc2gate.kinds.tracing import STYLES, trace_companion, trace_spelling
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.value import Value
from soc2gate.schema import terraform

CODE = """\
provider "aws" {
  region = "eu-west-1"
}

resource "aws_s3_bucket" "data" {
  bucket = "data"
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id

  versioning_configuration {
    status = "Suspended"
  }
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "web"
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.web.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.0.0.0/8"
}
"""


def resource(kind: str, identity: dict[str, Any], properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    uid = identity.get("arn") or identity.get("id") or identity["name"]
    place = {"account": "123456789012", "region": "eu-west-1"}
    return {"kind": kind, "region": "eu-west-1", "uid": uid, "identity": {**identity, **place}, **more} | {
        "properties": properties
    }


def snapshot(folder: Path, *resources: dict[str, Any]) -> Path:
    file = folder / "live.json"
    document: dict[str, Any] = {
        "schema": "soc2gate.snapshot/1",
        "provider": "aws",
        "account": "123456789012",
        "taken_at": "2026-11-21T09:00:00Z",
        "resources": list(resources),
    }
    Snapshot.parse(document, "live", strict_digest=False).write(file)
    return file


BUCKET = resource(
    "AWS::S3::Bucket",
    {"name": "data", "arn": "arn:aws:s3:::data"},
    {"BucketName": "data", "VersioningConfiguration": {"Status": "Enabled"}},
)
GROUP = resource(
    "AWS::EC2::SecurityGroup",
    {"name": "web", "id": "sg-0123456789abcdef0"},
    {
        "GroupName": "web",
        "GroupDescription": "web",
        "GroupId": "sg-0123456789abcdef0",
        "SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": cidr}
            for cidr in ("10.0.0.0/8", "192.168.0.0/16")
        ],
        "SecurityGroupEgress": [],
    },
)


def verify(folder: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    before = os.environ.get("PYTHONPATH", "")
    return subprocess.run(
        [sys.executable, "-m", "soc2gate", "verify", ".", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (path, before)))},
        capture_output=True,
        text=True,
        timeout=120,
    )


def suggested(folder: Path, *resources: dict[str, Any], code: str = CODE) -> str:
    (folder / "main.tf").write_text(code)
    file = snapshot(folder, *resources)
    done = verify(folder, "--snapshot", str(file), "--suggest", "out/suggested.tf")
    assert "suggested in out/suggested.tf" in done.stderr, done.stdout + done.stderr
    return (folder / "out" / "suggested.tf").read_text()


def test_a_live_fix_is_told_as_the_argument_to_write_and_where(tmp_path: Path) -> None:
    text = suggested(tmp_path, BUCKET)
    assert "# main.tf:9  aws_s3_bucket.data" in text or "# main.tf:13  aws_s3_bucket.data" in text
    assert "a live fix: code fails s3-versioning" in text
    assert "In the aws_s3_bucket_versioning block" in text
    assert '#     status = "Enabled"' in text
    # Comments, so that the file beside the code declares nothing twice.
    assert not [line for line in text.splitlines() if line.startswith("resource")]


def test_a_rule_that_was_added_by_hand_is_told_alone_as_a_resource(tmp_path: Path) -> None:
    text = suggested(tmp_path, GROUP)
    assert '#   resource "aws_vpc_security_group_ingress_rule" "web_tcp_443"' in text
    # Its id is the service's, and no reader tells it.
    assert "The id to import aws_vpc_security_group_ingress_rule.web_tcp_443 by is not among what was read." in text
    assert '"192.168.0.0/16"' in text
    assert '"10.0.0.0/8"' not in text


def test_what_was_broken_by_hand_is_not_written_into_code(tmp_path: Path) -> None:
    code = CODE.replace("Suspended", "Enabled")
    broken = {**BUCKET, "properties": {"BucketName": "data", "VersioningConfiguration": {"Status": "Suspended"}}}
    text = suggested(tmp_path, broken, code=code)
    assert "Not written: what runs fails s3-versioning and code passes: the next apply repairs it." in text
    assert 'status = "Suspended"' not in text


def test_a_property_that_no_argument_says_is_named(tmp_path: Path) -> None:
    properties = {"BucketName": "odd", "MetricsConfigurations": [{"Id": "all"}]}
    text = suggested(tmp_path, resource("AWS::S3::Bucket", {"name": "odd", "arn": "arn:aws:s3:::odd"}, properties))
    assert 'resource "aws_s3_bucket" "odd"' in text
    assert "# Not complete. Left out, or not the same as what runs:" in text
    assert "#   MetricsConfigurations: no argument that soc2gate reads says it" in text


def test_a_hostile_name_is_text_and_nothing_else(tmp_path: Path) -> None:
    evil = 'x"\n}\nresource "null_resource" "y" {\n  ${file("/etc/passwd")} %{ for }'
    properties = {"BucketName": "b", "Tags": [{"Key": evil, "Value": evil}]}
    text = suggested(
        tmp_path, resource("AWS::S3::Bucket", {"name": evil, "arn": f"arn:aws:s3:::{evil}"}, properties), code=CODE
    )
    assert not [line for line in text.splitlines() if line.startswith('resource "null_resource"')]
    assert "$${file(" in text
    assert "reads back equal to everything" in text


def test_a_file_that_somebody_else_wrote_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(CODE)
    done = verify(tmp_path, "--snapshot", str(snapshot(tmp_path)), "--suggest", "main.tf")
    assert done.returncode == 2
    assert "main.tf exists, and soc2gate did not write it" in done.stderr
    assert (tmp_path / "main.tf").read_text() == CODE


def test_a_second_run_writes_over_what_the_first_wrote(tmp_path: Path) -> None:
    first = suggested(tmp_path, BUCKET)
    assert suggested(tmp_path, BUCKET) == first


def test_checkovs_fork_is_refused_by_name(tmp_path: Path) -> None:
    fork = tmp_path / "fork" / "bc_python_hcl2-0.4.3.dist-info"
    fork.mkdir(parents=True)
    (fork / "METADATA").write_text("Metadata-Version: 2.1\nName: bc-python-hcl2\nVersion: 0.4.3\n")
    (fork / "top_level.txt").write_text("hcl2\n")
    (tmp_path / "main.tf").write_text(CODE)
    arguments = ("--snapshot", str(snapshot(tmp_path, BUCKET)), "--suggest", "new.tf")
    done = verify(tmp_path, *arguments, path=str(tmp_path / "fork"))
    assert done.returncode == 2
    assert "bc-python-hcl2 0.4.3, checkov's fork" in done.stderr
    assert "pip install 'soc2gate[hcl]', in an environment without checkov" in done.stderr
    assert not (tmp_path / "new.tf").exists()


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.packages_distributions", dict)
    with pytest.raises(UsageError, match="python-hcl2, which is not installed") as refused:
        writer()
    assert "soc2gate[hcl]" in refused.value.hint


@pytest.mark.parametrize("name", ["found.json", "found.yaml"])
def test_a_target_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"neither a \.tf file nor a folder"):
        into_code.check_target(tmp_path / name)


@pytest.mark.parametrize(
    "text",
    ["", 'a "b" \\ c', "${x} %{y} $${z}", "tab\tline\nend\r", "é 漢 🙂", "\x07\x08\x0c\x1b\x7f", "$", "%{", "\u2028"],
)
def test_any_text_is_read_as_it_was_written(tmp_path: Path, text: str) -> None:
    assert value_of(tmp_path, quoted(text)) == text


def test_every_spelling_can_be_traced_in_every_style() -> None:
    untraced = []
    for name in registry.KINDS:
        kind = registry.kind(name)
        untraced += [
            (spelling.type, style)
            for spelling in kind.terraform
            for style in STYLES
            if trace_spelling(kind, spelling, style) is None
        ]
        untraced += [
            (companion.type, companion.into)
            for companion in kind.companions
            if companion.type in IMPORTS and all(trace_companion(companion, kind, style) is None for style in STYLES)
        ]
    assert untraced == []


def test_ids_to_import_by_are_of_types_that_the_provider_has() -> None:
    assert {type_ for type_ in IMPORTS if not terraform.arguments(type_)} == set()
    assert IMPORTS.keys() <= registry.TERRAFORM.keys()
    assert IMPORTS["aws_s3_bucket"].source.endswith("/resources/s3_bucket#import")


def test_the_trace_is_read_backwards_block_by_block() -> None:
    kind = registry.kind("AWS::S3::Bucket")
    companion = next(one for one in kind.companions if one.type == "aws_s3_bucket_lifecycle_configuration")
    trace = trace_companion(companion, kind, "unknown")
    assert trace is not None
    rules: list[Value] = [
        {"Id": name, "Status": "Enabled", "ExpirationInDays": days} for name, days in (("a", 1), ("b", 2))
    ]
    found = invert(trace, "LifecycleConfiguration", {"Rules": rules})
    assert found.left == []
    assert ("rule[1].expiration[0].days", 2) in found.written


@pytest.mark.parametrize(
    ("value", "type_", "made"),
    [
        ("7", "n", 7),
        ("x", "n", None),
        (True, "n", None),
        ("true", "b", True),
        ("on", "b", None),
        (5, "s", "5"),
        ("a", "[s", ["a"]),
        ([{"Key": "k", "Value": "v"}], "{s", {"k": "v"}),
        ([{"Other": "k"}], "{s", None),
    ],
)
def test_values_are_brought_to_what_an_argument_takes(value: Any, type_: str, made: Any) -> None:
    assert as_argument(value, type_) == made
