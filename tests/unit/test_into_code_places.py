"""What is brought into code from nothing, from several places, and from a cluster; and which files it becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_into_code import BUCKET, resource, snapshot, verify

from soc2gate.into_code.layout import formatted
from soc2gate.into_code.manifests import yaml_of
from soc2gate.live.snapshot import Snapshot
from soc2gate.yaml_lines import load_all

VPC = resource("AWS::EC2::VPC", {"id": "vpc-0a1b2c3d"}, {"VpcId": "vpc-0a1b2c3d", "CidrBlock": "10.0.0.0/16"})
FLOW_LOG = resource(
    "AWS::EC2::FlowLog",
    {"id": "fl-0a1b2c3d"},
    {"Id": "fl-0a1b2c3d", "ResourceId": "vpc-0a1b2c3d", "ResourceType": "VPC", "TrafficType": "ALL"},
    derived_from="AWS::EC2::VPC",
)


def suggested(folder: Path, snapshot_file: Path, *, into: str = "out/") -> dict[str, str]:
    """File to text, for a folder in which no code stands but what a test wrote."""
    done = verify(folder, "--snapshot", str(snapshot_file), "--suggest", into)
    assert "suggested in" in done.stderr, done.stdout + done.stderr
    files = [*folder.glob("out/*"), *folder.glob("found*")]
    return {file.name: file.read_text() for file in files}


def dump(folder: Path, *objects: dict[str, Any]) -> Path:
    """As `kubectl get -o json` writes it."""
    file = folder / "dump.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    return file


def test_an_empty_folder_becomes_code(tmp_path: Path) -> None:
    file = snapshot(tmp_path, BUCKET)
    (tmp_path / "empty").mkdir()
    text = suggested(tmp_path / "empty", file)["aws_s3_bucket.tf"]
    assert 'resource "aws_s3_bucket" "data"' in text
    assert "All of it belongs to account 123456789012 in eu-west-1" in text


def test_without_suggest_an_empty_folder_is_still_refused(tmp_path: Path) -> None:
    file = snapshot(tmp_path, BUCKET)
    (tmp_path / "empty").mkdir()
    done = verify(tmp_path / "empty", "--snapshot", str(file))
    assert done.returncode == 2
    assert "nothing to scan" in done.stderr


def test_a_part_is_written_once_and_with_what_it_is_of(tmp_path: Path) -> None:
    other = resource("AWS::EC2::VPC", {"id": "vpc-0f0f0f0f"}, {"VpcId": "vpc-0f0f0f0f", "CidrBlock": "10.1.0.0/16"})
    file = snapshot(tmp_path, VPC, other, BUCKET, FLOW_LOG)
    (tmp_path / "empty").mkdir()
    text = suggested(tmp_path / "empty", file)["aws_ec2_flowlog.tf"]
    assert text.count('resource "aws_flow_log"') == 1
    assert "vpc_id       = aws_vpc.vpc_0a1b2c3d.id" in text
    assert "reads back equal to everything" in text


def test_what_runs_in_two_accounts_says_in_which(tmp_path: Path) -> None:
    files = []
    for account, region in (("123456789012", "eu-west-1"), ("210987654321", "us-east-1")):
        where = {"account": account, "region": region}
        bucket = {**BUCKET, "region": region, "uid": f"arn:aws:s3:::b{account}"}
        bucket |= {"identity": {"name": f"b{account}", "arn": f"arn:aws:s3:::b{account}", **where}}
        bucket |= {"properties": {"BucketName": f"b{account}"}}
        document: dict[str, Any] = {
            "schema": "soc2gate.snapshot/1",
            "provider": "aws",
            "account": account,
            "taken_at": "2026-11-21T09:00:00Z",
            "resources": [bucket],
        }
        files.append(tmp_path / f"{account}.json")
        Snapshot.parse(document, "live", strict_digest=False).write(files[-1])
    (tmp_path / "empty").mkdir()
    arguments = [argument for file in files for argument in ("--snapshot", str(file))]
    done = verify(tmp_path / "empty", *arguments, "--suggest", "out/")
    assert "2 unmanaged resources that read back equal" in done.stderr, done.stderr
    text = (tmp_path / "empty" / "out" / "aws_s3_bucket.tf").read_text()
    providers = (tmp_path / "empty" / "out" / "providers.tf").read_text()
    assert "It belongs to several accounts or regions" in text
    for account, alias in (("123456789012", "a123456789012_eu_west_1"), ("210987654321", "a210987654321_us_east_1")):
        assert f'alias               = "{alias}"' in providers
        assert f'allowed_account_ids = ["{account}"]' in providers
        # The import block has to say it too, or Terraform looks in the wrong account.
        assert text.count(f"provider = aws.{alias}") == 2


def test_what_was_written_and_is_code_by_now_is_left_alone(tmp_path: Path) -> None:
    first = snapshot(tmp_path, BUCKET)
    done = verify(tmp_path, "--snapshot", str(first), "--suggest", "found.tf")
    assert "suggested in found.tf" in done.stderr, done.stderr
    before = (tmp_path / "found.tf").read_text()
    other = resource("AWS::S3::Bucket", {"name": "new", "arn": "arn:aws:s3:::new"}, {"BucketName": "new"})
    file = snapshot(tmp_path, BUCKET, other)
    done = verify(tmp_path, "--snapshot", str(file), "--suggest", "found.tf")
    assert "suggested in found_2.tf" in done.stderr, done.stderr
    assert (tmp_path / "found.tf").read_text() == before
    assert '"new"' in (tmp_path / "found_2.tf").read_text()
    assert "nothing to suggest" in verify(tmp_path, "--snapshot", str(file), "--suggest", "found.tf").stderr


def test_a_kind_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    copy = resource("Account::EC2::Image", {"id": "ami-0a1b2c3d"}, {"ImageId": "ami-0a1b2c3d"})
    file = snapshot(tmp_path, BUCKET, copy)
    (tmp_path / "empty").mkdir()
    done = verify(tmp_path / "empty", "--snapshot", str(file), "--suggest", "found.tf")
    assert "not written: Account::EC2::Image: an image is made by a build, not declared" in done.stderr


def test_a_rule_that_it_fails_is_said_before_it_becomes_code_on_purpose(tmp_path: Path) -> None:
    properties = {"GroupName": "web", "GroupDescription": "web", "GroupId": "sg-0123456789abcdef0"}
    everyone = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    group = resource(
        "AWS::EC2::SecurityGroup",
        {"name": "web", "id": "sg-0123456789abcdef0"},
        {**properties, "SecurityGroupIngress": [everyone], "SecurityGroupEgress": []},
    )
    (tmp_path / "empty").mkdir()
    text = suggested(tmp_path / "empty", snapshot(tmp_path, group))["aws_ec2_securitygroup.tf"]
    assert "# As it runs, it fails" in text
    assert "sg-no-ssh-from-internet" in text


ENTRIES = [
    {"RuleNumber": number, "Protocol": 6, "RuleAction": action, "CidrBlock": cidr, "Egress": False}
    | {"PortRange": {"From": port, "To": port}}
    for number, action, cidr, port in ((100, "allow", "10.0.0.0/8", 443), (90, "deny", "0.0.0.0/0", 22))
]
ACL = resource(
    "AWS::EC2::NetworkAcl",
    {"id": "acl-0a1b2c3d"},
    {
        "Id": "acl-0a1b2c3d",
        "VpcId": "vpc-0a1b2c3d",
        "Tags": [{"Key": "Name", "Value": "main"}],
        "Entries": ENTRIES,
    },
    tags={"Name": "main"},
)


def test_an_acl_that_no_code_declares_is_written_with_its_entries(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    text = suggested(tmp_path / "empty", snapshot(tmp_path, ACL))["aws_ec2_networkacl.tf"]
    assert text.count("  ingress {") == 2
    assert "reads back equal to everything" in text


def test_an_entry_that_was_added_by_hand_is_a_rule_with_the_id_to_import_it_by(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        """\
provider "aws" {
  region = "eu-west-1"
}

resource "aws_network_acl" "main" {
  vpc_id = "vpc-0a1b2c3d"
  tags   = { Name = "main" }
}

resource "aws_network_acl_rule" "https" {
  network_acl_id = aws_network_acl.main.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/8"
  from_port      = 443
  to_port        = 443
}
"""
    )
    text = suggested(tmp_path, snapshot(tmp_path, ACL))["changes.tf"]
    assert '#   resource "aws_network_acl_rule" "main_90"' in text
    assert '#     id = "acl-0a1b2c3d:90:6:false"' in text
    assert "rule_number    = 100" not in text


# ---- objects of a cluster

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "8f2d1f6e-0000-4000-8000-000000000000",
        "resourceVersion": "41",
        "generation": 3,
        "creationTimestamp": "2026-11-21T09:00:00Z",
        "annotations": {"deployment.kubernetes.io/revision": "3"},
    },
    "spec": {
        "replicas": 3,
        "progressDeadlineSeconds": 600,
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "restartPolicy": "Always",
                "dnsPolicy": "ClusterFirst",
                "schedulerName": "default-scheduler",
                "terminationGracePeriodSeconds": 30,
                "securityContext": {"runAsNonRoot": True},
                "containers": [
                    {
                        "name": "web",
                        "image": "registry.example/web:1e3",
                        "imagePullPolicy": "IfNotPresent",
                        "terminationMessagePath": "/dev/termination-log",
                        "terminationMessagePolicy": "File",
                        "resources": {"limits": {"cpu": "1", "memory": "64Mi"}},
                        "env": [
                            {"name": "MODE", "value": "on"},
                            {"name": "PASSWORD", "value": "correct-Horse7battery"},
                        ],
                    }
                ],
            },
        },
    },
    "status": {"replicas": 3},
}
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "keys", "namespace": "shop"},
    "type": "Opaque",
    "data": {"token": "Y29ycmVjdC1Ib3JzZTdiYXR0ZXJ5"},
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "db", "namespace": "shop"},
    "spec": {"clusterIP": "None", "clusterIPs": ["None"], "selector": {"app": "db"}, "ports": [{"port": 5432}]},
}


def test_an_object_is_written_as_somebody_would_have_written_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    text = suggested(tmp_path / "empty", dump(tmp_path, DEPLOYMENT))["kubernetes_deployment.yaml"]
    (document,) = [one.data for one in load_all(text, "written.yaml") if one.data]
    assert isinstance(document, dict)
    assert document["metadata"] == {"name": "web", "namespace": "shop"}
    spec = document["spec"]
    assert isinstance(spec, dict)
    # Neither what the server keeps, nor what it would write by itself.
    assert spec.keys() == {"replicas", "selector", "template"}
    assert 'cpu: "1"' in text
    assert 'value: "on"' in text or "value: 'on'" in text


def test_no_secret_is_written_into_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    files = suggested(tmp_path / "empty", dump(tmp_path, DEPLOYMENT, SECRET))
    for secret in ("correct-Horse7battery", "Y29ycmVjdC1Ib3JzZTdiYXR0ZXJ5"):
        assert not [name for name, text in files.items() if secret in text]
    assert "#   data: a secret, which is never written" in files["kubernetes_secret.yaml"]
    assert "env[1].value:" in files["kubernetes_deployment.yaml"]
    assert "reads back equal" not in files["kubernetes_deployment.yaml"]


def test_the_address_of_a_service_is_the_clusters_unless_it_wants_none(tmp_path: Path) -> None:
    ordinary = {**SERVICE, "metadata": {"name": "web", "namespace": "shop"}}
    ordinary["spec"] = {**SERVICE["spec"], "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]}
    (tmp_path / "empty").mkdir()
    text = suggested(tmp_path / "empty", dump(tmp_path, SERVICE, ordinary))["kubernetes_service.yaml"]
    assert text.count("clusterIP: ") == 1
    assert "Left to the cluster, which chose it: spec.clusterIP, spec.clusterIPs" in text


def test_manifests_that_were_written_read_back_as_the_cluster(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    infra.mkdir()
    plain = json.loads(json.dumps(DEPLOYMENT))
    plain["spec"]["template"]["spec"]["containers"][0]["env"].pop()
    file = dump(tmp_path, plain, SERVICE)
    assert (
        "2 unmanaged resources that read back equal"
        in verify(infra, "--snapshot", str(file), "--suggest", "found.tf").stderr
    )
    assert (infra / "found.yaml").exists()
    assert not (infra / "found.tf").exists()
    done = verify(infra, "--snapshot", str(file), "--format", "json")
    found = {one["difference"] for one in json.loads(done.stdout)["disagreements"]}
    # Undecided: what rules read beside them was not asked of the cluster.
    assert found <= {"undecided"}
    assert json.loads(done.stdout)["summary"]["resources"]["declared:Kubernetes::Deployment"] == 1


def test_a_live_fix_of_an_object_is_told_as_a_patch(tmp_path: Path) -> None:
    plain = json.loads(json.dumps(DEPLOYMENT))
    pod = plain["spec"]["template"]["spec"]
    pod["containers"][0]["env"].pop()
    file = dump(tmp_path, plain)
    declared = json.loads(json.dumps(plain))
    declared["spec"]["replicas"] = 2
    declared["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/web:0.9"
    (tmp_path / "web.yaml").write_text(
        yaml_of({key: declared[key] for key in ("apiVersion", "kind", "metadata", "spec")})
    )
    done = verify(tmp_path, "--snapshot", str(file), "--suggest", "out/")
    assert "1 changed properties" in done.stderr, done.stderr
    text = (tmp_path / "out" / "changes.yaml").read_text()
    assert "# web.yaml:" in text
    patch = "".join(line.removeprefix("#   ") + "\n" for line in text.split("#\n")[-1].splitlines())
    (document,) = load_all(patch, "patch.yaml")
    assert document.data == {
        "spec": {
            "replicas": 3,
            "template": {"spec": {"containers": [{"name": "web", "image": "registry.example/web:1e3"}]}},
        }
    }


@pytest.mark.parametrize(
    "text", ["1e3", "0x1f", "on", "", "2026-11-21", "1:30", "250m", "line\nline\n", "~", "- a", "é"]
)
def test_any_text_of_a_manifest_stays_text(text: str) -> None:
    written = yaml_of({"a": text})
    (document,) = load_all(written, "a.yaml")
    assert document.data == {"a": text}
    # As readers of YAML 1.2, and Go's, take it too.
    if text in ("1e3", "0x1f", ""):
        assert f'"{text}"' in written


def test_lines_stand_as_terraform_fmt_has_them() -> None:
    given = [
        "x {",
        "  a   = 1",
        '  long_name = "b = [",',
        "  list = [",
        '    "one",',
        "  ]",
        "  tags = {",
        '    "k = {" = 1,',
    ]
    made = formatted([*given, "    b = 2,", "  }", "}"])
    assert made[1:4] == ["  a         = 1", '  long_name = "b = ["', '  list      = ["one"]']
    assert made[-4:] == ['    "k = {" = 1', "    b       = 2", "  }", "}"]


def test_objects_of_one_name_in_two_clusters_are_two_manifests(tmp_path: Path) -> None:
    """Read back for itself, each: what runs in one is not what runs in the other."""
    scaled = json.loads(json.dumps(SERVICE))
    scaled["spec"]["ports"] = [{"port": 5433}]
    files = []
    for name, service in (("prod", SERVICE), ("test", scaled)):
        (tmp_path / name).mkdir()
        files.append(dump(tmp_path / name, service))
    (tmp_path / "empty").mkdir()
    arguments = [argument for file in files for argument in ("--snapshot", str(file))]
    done = verify(tmp_path / "empty", *arguments, "--suggest", "out/")
    assert "2 unmanaged resources that read back equal, 0 in part" in done.stderr, done.stderr
    written = sorted((tmp_path / "empty" / "out").glob("kubernetes_service_*.yaml"))
    assert [("5432" in file.read_text(), "5433" in file.read_text()) for file in written] in (
        [(True, False), (False, True)],
        [(False, True), (True, False)],
    )
