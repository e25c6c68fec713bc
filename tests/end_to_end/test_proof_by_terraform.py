"""What real Terraform deployed is what `verify` finds: on code alone, on code with its state, and on the plan.

Terraform and HashiCorp's AWS provider apply `deployment/` to a simulated account, once. Nobody touched it since, so
every disagreement would be ours.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

import terraform_apply
import terraform_plan
from soc2gate.demo.servers import ACCOUNT, REGION, running
from tools import terraform_mirror

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.skipif(
        (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the provider is packed for Linux on x86-64"
    ),
]

DEPLOYMENT = Path(__file__).parent / "deployment"
SETTINGS = f"""\
roots:
  - path: {{root}}
    account: "{ACCOUNT}"
    regions: [{REGION}]
regions: [{REGION}]
"""


REMEMBERED_OTHERWISE = {
    # The simulation answers an interface without a public address with an empty association, and the provider writes
    # down that there is one.
    ("changed", "AWS::EC2::Instance", "aws_instance.job", "None"),
    # So old a provider writes `enabled = false` for a bucket that never had versions as for one that stopped.
    ("undeclared", "AWS::S3::Bucket", "aws_s3_bucket.logs", "VersioningConfiguration"),
}
"""What the state says otherwise than the account does."""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """A folder with `infra/`, `state.json` and `plan.json`, and the environment in which the account is reached."""
    folder = tmp_path_factory.mktemp("applied")
    working, infra = folder / "working", folder / "infra"
    shutil.copytree(DEPLOYMENT, infra)
    with zipfile.ZipFile(infra / "worker.zip", "w") as package:
        package.writestr("main.py", "def handler(event, context):\n    pass\n")
    settings = folder / "terraform.rc"
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{terraform_mirror()}"\n  }}\n}}\n'
    )
    with running(folder / "kubeconfig") as servers:
        (infra / "terraform.tfvars").write_text(f'image = "{_image(servers.account.url)}"\n')
        # Terraform writes where it works; what is scanned is what people wrote.
        shutil.copytree(infra, working)
        environment = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
        environment |= {"TF_CLI_CONFIG_FILE": str(settings), "TF_VAR_endpoint": servers.account.url}
        command = [sys.executable, terraform_apply.__file__, str(working), str(folder)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stdout + done.stderr
        _what_aws_does_by_itself(servers.account.url)
        yield folder, servers.environment


def _client(service: str, endpoint: str) -> Any:
    # The stubs type each service by its literal name.
    make: Any = boto3.client
    return make(service, endpoint_url=endpoint, region_name=REGION)


def _image(endpoint: str) -> str:
    image = _client("ec2", endpoint).register_image(
        Name="proof", RootDeviceName="/dev/xvda", Architecture="x86_64", VirtualizationType="hvm"
    )
    return str(image["ImageId"])


def _what_aws_does_by_itself(endpoint: str) -> None:
    """What the simulation leaves out, and nothing that code sets."""
    # Every new bucket is encrypted.
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    _client("s3", endpoint).put_bucket_encryption(
        Bucket="proof-logs", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    # An instance's groups are those of its first network interface.
    ec2 = _client("ec2", endpoint)
    for reservation in ec2.describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            (interface,) = instance["NetworkInterfaces"]
            groups = [group["GroupId"] for group in interface["Groups"]]
            ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=groups)
    # A user pool says whether it is protected, whoever made it.
    pools = _client("cognito-idp", endpoint)
    for pool in pools.list_user_pools(MaxResults=60)["UserPools"]:
        pools.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="INACTIVE")
    # A queue with a KMS key has no key of SQS.
    sqs = _client("sqs", endpoint)
    for queue in sqs.list_queues()["QueueUrls"]:
        set_now = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        if "KmsMasterKeyId" in set_now:
            # The simulation forgets a queue's policy whenever anything else is set.
            kept = {name: set_now[name] for name in ("Policy",) if name in set_now}
            sqs.set_queue_attributes(QueueUrl=queue, Attributes={"SqsManagedSseEnabled": "false", **kept})


def verified(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON report of the installed command."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KUBE"))}
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "verify", *arguments, "--format", "json"],
        cwd=folder,
        # With a key, what a function is given is compared too, and not kept.
        env=clean | {"SOC2GATE_DIGEST_KEY": "a-key-for-this-proof-alone"} | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def disagreements(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What differs, and what live state has that rules read and code never says: nobody added anything."""
    told = ("difference", "kind", "address", "property", "reason", "declared", "live")
    found = [*report["disagreements"], *report["undeclared"]["properties"]]
    return [tuple(str(item[name]) for name in told) for item in found]


def test_nothing_disagrees_on_code_alone_nor_with_its_state_nor_on_the_plan(
    applied: tuple[Path, Mapping[str, str]], record_property: Callable[[str, object], None]
) -> None:
    """One test, so that several processes do not each apply the deployment."""
    folder, environment = applied
    (folder / "soc2gate.yaml").write_text(SETTINGS.format(root="infra"))
    report = verified(folder, "infra", "--save-snapshot", "live.json.gz", environment=environment)
    table = _table(report)
    record_property("proof by Terraform", json.dumps(table))
    assert disagreements(report) == []
    assert [problem["message"] for problem in report["problems"] if problem["weight"] != "note"] == []
    # Nothing compared would be no disagreement either.
    assert all(matched == declared for declared, matched, _ in table.values()), table
    assert len(table) >= 42

    with_state = verified(folder, "infra", "--state", "state.json", "--snapshot", "live.json.gz")
    assert disagreements(with_state) == []

    # What Terraform saw is what it wrote, or is not told: nothing that it tells contradicts the code.
    remembered = verified(folder, "infra", "--live-state", "state.json")
    assert {found[:4] for found in disagreements(remembered) if found[0] != "undecided"} == REMEMBERED_OTHERWISE
    assert remembered["summary"]["resources"]["live"] >= 25

    planned = verified(folder, "plan.json", "--root", "infra", "--snapshot", "live.json.gz")
    assert disagreements(planned) == []
    assert _table(planned) == table


def _table(report: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Kind to how many are declared, how many of them are matched and how many disagreements there are."""
    found = Counter(item["kind"] for item in report["disagreements"])
    unmatched = Counter(
        item["kind"] for item in report["disagreements"] if item["difference"] in ("missing", "undecided")
    )
    declared = {
        name.split(":", 1)[1]: number
        for name, number in report["summary"]["resources"].items()
        if name.startswith("declared:")
    }
    return {
        kind: (
            number,
            min(number, report["summary"]["resources"].get(f"live:{kind}", 0)) - unmatched[kind],
            found[kind],
        )
        for kind, number in declared.items()
    }


OF_ITS_AGE = {
    # Since version 4 the domain itself counts among a certificate's names; the listener follows the certificate.
    "aws_acm_certificate",
    "aws_lb_listener",
    # It has one resource for all of a bucket, where version 4 has one for each part.
    "aws_s3_bucket",
    # The simulation answers zeros for what an account leaves out, and keeps names of days and addresses as they were
    # spelt.
    "aws_rds_cluster",
    "aws_redshift_cluster",
    "aws_security_group",
}
"""Types for which so old a provider would change something, against a simulated account."""

NOT_PLANNED = (
    # Nobody has filled in what was not read: the plan's rules, the code, whom a message goes to, what is let through.
    "aws_backup_backupplan.tf",
    "aws_lambda_function.tf",
    "aws_sns_subscription.tf",
    "aws_wafv2_webacl.tf",
    # Until version 6 a broker's users stand in code; the simulation's key of a cluster is no ARN.
    "aws_amazonmq_broker.tf",
    "aws_neptune_dbcluster.tf",
    # Until version 5 it was imported by its name.
    "aws_cloudtrail_trail.tf",
)


def test_what_terraform_deployed_comes_back_into_code_and_is_imported_unchanged(
    applied: tuple[Path, Mapping[str, str]], tmp_path: Path
) -> None:
    folder, environment = applied
    infra = tmp_path / "infra"
    infra.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KUBE"))}
    command = [sys.executable, "-m", "soc2gate", "verify", ".", "--region", REGION, "--suggest", "."]
    done = subprocess.run(command, cwd=infra, env={**clean, **environment}, capture_output=True, text=True, timeout=400)
    assert "kinds not at all" in done.stderr, done.stderr
    names = re.findall(r'^variable "(acm_certificate_\w+_validation_method)"', _text(infra), re.M)
    for name in NOT_PLANNED:
        (infra / name).unlink()
    shutil.copy(DEPLOYMENT / "main.tf", infra / "provider.tf")
    clean |= {"TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"), "TF_VAR_image": "ami-0"}
    clean |= {"TF_VAR_endpoint": environment["AWS_ENDPOINT_URL"], **{f"TF_VAR_{name}": "DNS" for name in names}}
    planned = [sys.executable, terraform_plan.__file__, str(infra), str(tmp_path)]
    done = subprocess.run(planned, env=clean, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr

    assert (tmp_path / "fmt.txt").read_text() == ""
    assert json.loads((tmp_path / "validate.json").read_text())["valid"] is True
    changes = json.loads((tmp_path / "plan.json").read_text())["resource_changes"]
    assert all(change["change"].get("importing") for change in changes)
    touched = {change["type"]: terraform_plan.touched(change["change"]) for change in changes}
    assert {type_ for type_, names in touched.items() if names} <= OF_ITS_AGE
    assert len([type_ for type_, names in touched.items() if not names]) >= 42


def _text(folder: Path) -> str:
    return "".join(file.read_text() for file in sorted(folder.glob("*.tf")))
