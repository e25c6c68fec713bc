"""How fast AWS is asked, where nothing can be, and what Ctrl-C leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import ACCOUNT, Aws, Refusal

from soc2gate.kinds.describe import Call
from soc2gate.live import pace
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.aws_calls import Calls, Failure
from soc2gate.live.aws_session import Clients
from soc2gate.live.snapshot import Snapshot

NOW = "2026-11-21T09:00:00Z"


def test_a_bucket_lets_a_burst_go_and_then_keeps_the_pace() -> None:
    clock = 100.0

    def sleep(seconds: float) -> None:
        nonlocal clock
        clock += seconds

    bucket = pace.Bucket(pace.Pace(10, 5), lambda: clock, sleep)
    went = []
    for _ in range(25):
        bucket()
        went.append(clock)
    assert went[4] == 100.0, "the burst waits for nothing"
    assert went[24] == pytest.approx(102.0), "twenty more take two seconds"
    clock += 1000
    bucket()
    assert clock == pytest.approx(1102.0)


def test_slow_services_are_asked_slowly_from_the_start(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    monkeypatch.setitem(pace.PACES, "lambda", pace.Pace(20, 1))
    client = Clients(boto3.session.Session(), aws.url, 2).get("lambda", "eu-west-1")
    client.list_functions()
    started = time.monotonic()
    for _ in range(6):
        client.list_functions()
    assert time.monotonic() - started >= 0.25


def test_all_regions_are_found_and_the_empty_ones_are_named(aws: Aws) -> None:
    aws.client("sqs", "eu-central-1").create_queue(QueueName="q")
    wanted = ("AWS::SQS::Queue", "AWS::EC2::VPC")
    (part,) = collect_aws(AwsRequest(wanted, lambda: NOW, regions=("all",), endpoint_url=aws.url)).parts
    assert len(part.regions_read) > 15
    (empty,) = [note for note in part.notes if note.startswith("looked through and found empty: ")]
    assert "eu-west-1" in empty
    assert "eu-central-1" not in empty
    (closed,) = [note for note in part.notes if note.startswith("not opted into")]
    assert not {name.strip(",") for name in closed.split()} & set(part.regions_asked)


def test_a_region_that_could_not_be_looked_through_is_not_called_empty(aws: Aws) -> None:
    with aws.refusing(Refusal("ListQueues", "AccessDenied", "query"), Refusal("ListQueues", "AccessDenied", "json")):
        (part,) = collect_aws(
            AwsRequest(("AWS::SQS::Queue",), lambda: NOW, regions=("all",), endpoint_url=aws.url)
        ).parts
    assert not [note for note in part.notes if "found empty" in note]


def test_a_service_that_a_region_does_not_offer_holds_nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from botocore.exceptions import EndpointConnectionError

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x")

    class Unreachable(Clients):
        def get(self, service: str, region: str) -> Any:
            made: Any = session.client
            client = made(service, region_name=region)

            def refuse(**_: Any) -> None:
                raise EndpointConnectionError(endpoint_url=f"https://{service}.{region}.amazonaws.com")

            client.meta.events.register("before-call", refuse)
            return client

    calls = Calls(Unreachable(session, None, 1), "eu-west-1", ACCOUNT, "aws")
    asked = Call("workspaces", "describe_workspaces", "workspaces:DescribeWorkspaces", result="Workspaces")
    without = sorted({*session.get_available_regions("ec2")} - {*session.get_available_regions("workspaces")})
    assert calls.ask(asked, without[0], {}) is None
    offered = calls.ask(asked, "eu-west-1", {})
    assert isinstance(offered, Failure), "where it is offered, no answer is no answer"


def test_ctrl_c_leaves_a_file_that_says_it_is_partial(aws: Aws, tmp_path: Path) -> None:
    aws.slow = 0.4
    command = [sys.executable, "-m", "soc2gate", "collect", "--region", "eu-west-1", "--output", "s.json.gz"]
    kinds = ("SQS::Queue", "SNS::Topic", "S3::Bucket", "EC2::VPC", "KMS::Key", "DynamoDB::Table", "RDS::DBInstance")
    for kind in kinds:
        command += ["--kind", f"AWS::{kind}"]
    before = len(aws.requests)
    running = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "AWS_ENDPOINT_URL": aws.url}, stderr=subprocess.PIPE, text=True
    )
    try:
        give_up = time.monotonic() + 60
        # The first request only says who we are.
        while len(aws.requests) < before + 3 and time.monotonic() < give_up:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 3, said
    assert f"collecting from {ACCOUNT} was stopped before it was done" in said
    snapshot = Snapshot.read(tmp_path / "s.json.gz")
    assert snapshot.info.partial
    assert any(snapshot.why_unread(f"AWS::{kind}", "eu-west-1") == "collecting was stopped" for kind in kinds)
