"""What was made by hand comes into code: written by `verify --suggest`, read again, and equal to what runs."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import account_by_hand
import boto3
import pytest

import terraform_plan
from soc2gate.demo.servers import running
from tools import terraform_mirror

CODE = """\
resource "aws_s3_bucket" "logs" {
  bucket = "by-hand-logs"
}
"""
PROVIDER = (Path(__file__).parent / "deployment" / "main.tf").read_text(encoding="utf-8")

pytestmark = pytest.mark.slow


class Made:
    """A folder with `infra/`, an account that was made by hand, and what `verify` said."""

    def __init__(self, folder: Path, environment: Mapping[str, str], endpoint: str) -> None:
        self.folder = folder
        self.environment = environment
        self.endpoint = endpoint
        self.infra = folder / "infra"

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        credentials = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return make(service, endpoint_url=self.endpoint, region_name=account_by_hand.REGION, **credentials)

    def verify(self, *arguments: str, live: bool = False) -> tuple[dict[str, Any], str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KUBE"))}
        done = subprocess.run(
            [sys.executable, "-m", "soc2gate", "verify", *arguments, "--format", "json"],
            cwd=self.folder,
            env=clean | (dict(self.environment) if live else {}),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.stdout.startswith("{"), done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report, done.stderr


def told(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    names = ("difference", "kind", "address", "property", "reason")
    return [tuple(str(found[name]) for name in names) for found in report["disagreements"]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("by_hand")
    with running(folder / "kubeconfig") as servers:
        made = Made(folder, servers.environment, servers.account.url)
        account_by_hand.make(made.client)
        made.infra.mkdir()
        (made.infra / "provider.tf").write_text(PROVIDER)
        (made.infra / "code.tf").write_text(CODE)
        yield made


@pytest.fixture(scope="module")
def suggested(made: Made) -> tuple[dict[str, Any], str]:
    return made.verify("infra", "--save-snapshot", "live.json.gz", "--suggest", "infra", live=True)


def test_everything_made_by_hand_is_written_and_reads_back_as_what_runs(
    made: Made, suggested: tuple[dict[str, Any], str]
) -> None:
    before, said = suggested
    unmanaged = {found["kind"] for found in before["disagreements"] if found["difference"] == "unmanaged"}
    assert len(unmanaged) >= 19, sorted(unmanaged)
    assert "24 unmanaged resources that read back equal, 1 in part, 0 kinds not at all" in said

    after, _ = made.verify("infra", "--snapshot", "live.json.gz")
    # The function's secrets are variables, and nobody has said what they are.
    open_ends = [found for found in told(after) if found[:2] != ("undecided", "AWS::Lambda::Function")]
    assert open_ends == []
    assert [problem for problem in after["problems"] if problem["weight"] == "broken"] == []
    assert after["summary"]["resources"]["declared"] >= 24


def test_an_account_without_any_code_is_read_and_written(made: Made) -> None:
    (made.folder / "nothing").mkdir()
    report, said = made.verify("nothing", "--suggest", "from-nothing/", live=True)
    # As many as beside the code: the bucket that it declares comes with its policy, which stands alone there.
    assert "24 unmanaged resources that read back equal, 1 in part, 0 kinds not at all" in said
    assert report["summary"]["resources"]["live"] >= 24
    assert (made.folder / "from-nothing" / "aws_kms_key.tf").exists()


def test_rules_judge_what_was_written_as_they_judge_what_runs(
    made: Made, suggested: tuple[dict[str, Any], str]
) -> None:
    after, _ = made.verify("infra", "--snapshot", "live.json.gz")
    sides: dict[str, dict[tuple[str, str, str], str]] = {"declared": {}, "live": {}}
    for finding in after["findings"]:
        name = finding["identity"].get("id" if finding["kind"].startswith("AWS::EC2::") else "name")
        # The function's code and secrets are nobody's guess.
        if isinstance(name, str) and not finding["kind"].startswith("AWS::Lambda"):
            sides[finding["side"]][finding["rule"], finding["kind"], name] = finding["verdict"]
    both = sides["declared"].keys() & sides["live"].keys()
    assert len(both) >= 40
    assert {key: sides["declared"][key] for key in both} == {key: sides["live"][key] for key in both}


def test_no_secret_is_written(made: Made, suggested: tuple[dict[str, Any], str]) -> None:
    text = "".join(file.read_text() for file in made.infra.glob("*.tf"))
    assert account_by_hand.SECRET not in text
    assert account_by_hand.PASSWORD not in text
    assert re.search(r"ACCESS_KEY = var\.\w+_access_key", text)
    assert len(re.findall(r"sensitive\s+= true", text)) == 2


def test_every_resource_has_the_id_it_is_imported_by(made: Made, suggested: tuple[dict[str, Any], str]) -> None:
    text = "".join(file.read_text() for file in made.infra.glob("aws_*.tf"))
    resources = {f"{type_}.{name}" for type_, name in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.M)}
    imports = dict(re.findall(r'^import \{\n  to = (\S+)\n  id = "(.*)"\n\}', text, re.M))
    assert imports.keys() == resources
    assert imports["aws_iam_role_policy.by_hand_two_words"] == "by-hand:two+words"
    assert imports["aws_s3_bucket_lifecycle_configuration.by_hand_data"] == "by-hand-data"


@pytest.mark.terraform
@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the provider is packed for Linux on x86-64"
)
def test_real_terraform_would_import_it_and_change_nothing(
    made: Made, suggested: tuple[dict[str, Any], str], tmp_path: Path
) -> None:
    """The provider at hand is of 2021: what it does not know is left out, and named here."""
    infra = tmp_path / "infra"
    shutil.copytree(made.infra, infra)
    # Its buckets have one resource for everything; and it ends where moto answers for databases and balancers.
    newer = ("aws_s3_bucket.tf", "aws_lambda_function.tf")
    for name in ("code.tf", *newer, *(file.name for file in infra.glob("aws_rds*")), *_BALANCERS):
        (infra / name).unlink()
    settings = tmp_path / "terraform.rc"
    mirror = f'filesystem_mirror {{\n    path = "{terraform_mirror()}"\n  }}'
    settings.write_text(f"provider_installation {{\n  {mirror}\n}}\n")
    environment = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    environment |= {"TF_CLI_CONFIG_FILE": str(settings), "TF_VAR_endpoint": made.endpoint, "TF_VAR_image": "ami-0"}
    command = [sys.executable, terraform_plan.__file__, str(infra), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr

    unknown = json.loads((tmp_path / "unknown.json").read_text())
    assert {line.partition(" ")[0] for line in unknown} <= _NEWER, unknown
    assert json.loads((tmp_path / "validate.json").read_text())["valid"] is True
    changes = json.loads((tmp_path / "plan.json").read_text())["resource_changes"]
    assert all(change["change"].get("importing") for change in changes)
    assert [change["address"] for change in changes if terraform_plan.touched(change["change"])] == []
    assert (tmp_path / "fmt.txt").read_text() == ""
    assert len(changes) >= 25


_BALANCERS = ("aws_elasticloadbalancing_loadbalancer.tf", "aws_elasticloadbalancingv2_loadbalancer.tf")
_NEWER = {
    "deletion_protection_enabled",
    "http_protocol_ipv6",
    "instance_metadata_tags",
    "ipv6_native",
    "manage_master_user_password",
    "recovery_period_in_days",
    "sqs_managed_sse_enabled",
}
