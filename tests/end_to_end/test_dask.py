"""`collect --engine dask://…`: real schedulers and workers, an account over HTTP, and workers killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from dask_for_tests import Cluster, end, environment, running, there

from doors import before, certified
from soc2gate.config import AccountConfig
from soc2gate.errors import CollectError, UsageError
from soc2gate.facts import replace
from soc2gate.live import on_dask
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.snapshot import Snapshot

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from aws_for_tests import ACCOUNT, REGION, Aws, Refusal, running_aws

NOW = "2026-11-21T09:00:00Z"
QUEUE, VOLUME = "AWS::SQS::Queue", "AWS::EC2::Volume"
PROD, TEST, FAR = "222222222222", "333333333333", "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAOFTHEWORKERS", "AWS_SECRET_ACCESS_KEY": "secret-of-the-workers"}


def role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/soc2gate-reader"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running_aws() as server:
        for region in (REGION, FAR):
            server.client("sqs", region).create_queue(QueueName=f"q-{region}")
            keys = server.client("sts").assume_role(RoleArn=role(PROD), RoleSessionName="seed")["Credentials"]
            _queue_in(server, keys, region)
        yield server


def _queue_in(server: Aws, keys: Any, region: str) -> None:
    import boto3

    boto3.client(
        "sqs",
        region_name=region,
        endpoint_url=server.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).create_queue(QueueName=f"prod-{region}")


@pytest.fixture(scope="module")
def cluster(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that are started again when they die; two deaths, and dask gives a task up."""
    patient = environment(AWS_ENDPOINT_URL=aws.url, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1", **KEYS)
    with running(tmp_path_factory.mktemp("cluster"), patient) as made:
        there(*made.work(2))
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three accounts; one of them alone is read in a second region."""
    return _configured(tmp_path)


def _configured(folder: Path) -> Path:
    (folder / "soc2gate.yaml").write_text(
        f"regions: [{REGION}]\naccounts:\n  - name: ours\n  - role_arn: {role(PROD)}\n    external_id: id-7\n"
        f"    regions: [{REGION}, {FAR}]\n  - role_arn: {role(TEST)}\n"
    )
    return folder


def collect(folder: Path, aws: Aws, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """The command, begun. It has no identity of its own unless one is given."""
    given = environment(AWS_ENDPOINT_URL=aws.url, **more)
    command = [sys.executable, "-m", "soc2gate", "collect", "--kind", QUEUE, "--kind", VOLUME, "--now", NOW, *arguments]
    return subprocess.Popen(command, cwd=folder, env=given, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(begun: subprocess.Popen[str]) -> tuple[int, str]:
    out, error = begun.communicate(timeout=120)
    return begun.returncode, out + error


ASKED = AwsRequest(
    (QUEUE, VOLUME),
    lambda: NOW,
    regions=(REGION,),
    now=NOW,
    accounts=(AccountConfig(name="ours"), AccountConfig(role(PROD), "id-7", regions=(REGION, FAR))),
)
"""Without what the command takes to start."""


@pytest.fixture(scope="module")
def whole(aws: Aws) -> Snapshot:
    """All that is asked, read here."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            patch.setenv(name, value)
        return collect_aws(replace(ASKED, endpoint_url=aws.url))


def by_dask(cluster: Cluster) -> Snapshot:
    return on_dask.collect_on_dask(cluster.url, ASKED, ())


@contextmanager
def killing(aws: Aws, cluster: Cluster, needle: str, times: int) -> Iterator[list[int]]:
    """The process that asks for this in the far region is killed, so many times, before it is answered."""
    killed: list[int] = []

    def watch(told: str, caller: dict[str, Any]) -> None:
        if needle in told and f"/{FAR}/" in caller.get("HTTP_AUTHORIZATION", "") and len(killed) < times:
            (pid,) = {
                one.pid
                for one in psutil.net_connections("tcp")
                if one.laddr.port == int(caller["REMOTE_PORT"]) and one.raddr and one.raddr.port == _port(aws)
            }
            parents = {parent.pid for parent in psutil.Process(pid).parents()}
            assert parents & {worker.pid for worker in cluster.workers}, "only our own workers are killed"
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    aws.watch = watch
    try:
        yield killed
    finally:
        aws.watch = None


def _port(aws: Aws) -> int:
    return int(aws.url.rpartition(":")[2])


def test_by_dask_and_by_threads_the_same_accounts_give_equal_snapshots(
    aws: Aws, cluster: Cluster, folder: Path
) -> None:
    with aws.refusing(
        Refusal("DescribeVolumes", "UnauthorizedOperation"), Refusal(f"iam%3A%3A{TEST}", "AccessDenied", "query")
    ):
        ended(collect(folder, aws, "--output", "here.json", **KEYS))
        code, said = ended(collect(folder, aws, "--output", "there.json", "--engine", cluster.url))
    here, there = (Snapshot.read(folder / name) for name in ("here.json", "there.json"))
    assert there.digest == here.digest
    assert (code, "DescribeVolumes" in said) == (3, True)
    assert [part.account for part in there.parts] == [ACCOUNT, PROD, TEST]
    queues = {(one.identity["account"], one.identity["name"]) for one in there.resources() if one.kind == QUEUE}
    assert queues == {(ACCOUNT, f"q-{REGION}"), (PROD, f"prod-{REGION}"), (PROD, f"prod-{FAR}")}


def test_a_worker_killed_in_the_middle_of_a_region_loses_nothing(aws: Aws, cluster: Cluster, whole: Snapshot) -> None:
    with killing(aws, cluster, "DescribeVolumes", times=1) as killed:
        there = by_dask(cluster)
    assert len(killed) == 1
    assert there.digest == whole.digest


def test_a_region_that_kills_every_worker_is_unread_and_all_else_is_kept(
    aws: Aws, cluster: Cluster, whole: Snapshot
) -> None:
    with killing(aws, cluster, "DescribeVolumes", times=100) as killed:
        there = by_dask(cluster)
    assert len(killed) == 4, "twice among others, and twice alone"
    why = "whichever worker began it died, also when it had nothing else to do"
    assert f"in {FAR}: {why}" in str([problem.message for problem in there.problems()])
    assert there.why_unread(QUEUE, FAR, PROD) == why
    left = {one.address for one in whole.resources()} - {one.address for one in there.resources()}
    assert {address for address in left if f":{FAR}:" not in address} == set()
    assert not there.info.partial


def test_ctrl_c_writes_what_was_read_marked_partial(aws: Aws, cluster: Cluster, folder: Path) -> None:
    others, enough = threading.Event(), threading.Event()
    listed: list[str] = []

    def stall(told: str, caller: dict[str, Any]) -> None:
        if f"/{FAR}/" in caller.get("HTTP_AUTHORIZATION", "") and "DescribeVolumes" in told:
            enough.wait(60)
        elif "ListQueues" in told and f"/{REGION}/" in caller.get("HTTP_AUTHORIZATION", ""):
            listed.append(told)
            if len(listed) == len((ACCOUNT, PROD, TEST)):
                others.set()

    aws.watch = stall
    begun = collect(folder, aws, "--output", "cut.json", "--engine", cluster.url)
    try:
        # One worker stands in the far region; the other has begun the last of the others, so it has told of the first.
        assert others.wait(60)
        time.sleep(1)
        begun.send_signal(signal.SIGINT)
        code, said = ended(begun)
    finally:
        enough.set()
        aws.watch = None
    snapshot = Snapshot.read(folder / "cut.json")
    assert code == 3
    assert f"collecting from {PROD} was stopped before it was done" in said
    assert snapshot.info.partial
    assert snapshot.why_unread(QUEUE, FAR, PROD) == "collecting was stopped"
    assert snapshot.resources()


def test_neither_credentials_nor_the_digest_key_travel(aws: Aws, cluster: Cluster, folder: Path) -> None:
    secrets = {"AWS_SECRET_ACCESS_KEY": "secret-of-the-one-who-asks", "AWS_ACCESS_KEY_ID": "AKIAOFTHEONEWHOASKS"}
    heard: list[bytes] = []
    with before(int(cluster.address.rpartition(":")[2]), heard=heard) as port:
        url = f"dask://127.0.0.1:{port}"
        code, said = ended(collect(folder, aws, "--output", "s.json", "--engine", url, **secrets))
        assert code == 0, said
        key = "a-key-that-stays-where-it-is"
        code, said = ended(collect(folder, aws, "--engine", url, SOC2GATE_DIGEST_KEY=key))
    everything = b"".join(heard)
    assert role(PROD).encode() in everything, "what was listened to is what was asked"
    for value in (*secrets.values(), *KEYS.values(), key):
        assert value.encode() not in everything
    assert code == 2
    assert "has no SOC2GATE_DIGEST_KEY, and the one who asks has one" in said


def test_by_tls_only_who_has_a_certificate_is_let_in(aws: Aws, tmp_path: Path) -> None:
    # Before its configuration is changed for a while: distributed's own is laid under it at import.
    import dask
    import distributed

    assert distributed.config
    ours, strangers = (certified(tmp_path / name) for name in ("ours", "strangers"))
    flags = ("--tls-ca-file", str(ours / "ca.pem"), "--tls-cert", str(ours / "ca.pem"), "--tls-key", str(ours / "key"))
    given = environment(AWS_ENDPOINT_URL=aws.url, **KEYS)
    with running(tmp_path / "cluster", given, "--protocol", "tls", *flags) as made:
        there(*made.work(1, "--no-nanny", *flags))
        assert made.url.startswith("dask+tls://")
        with dask.config.set(_tls(ours)):
            found = on_dask.collect_on_dask(made.url, replace(ASKED, accounts=()), ())
        assert [one.identity["name"] for one in found.resources() if one.kind == QUEUE] == [f"q-{REGION}"]
        with (
            dask.config.set({**_tls(strangers), "distributed.comm.timeouts.connect": "2s"}),
            pytest.raises(CollectError, match="cannot be reached"),
        ):
            on_dask.collect_on_dask(made.url, ASKED, ())


def _tls(folder: Path) -> dict[str, str]:
    tls = "distributed.comm.tls."
    return {
        tls + "ca-file": str(folder / "ca.pem"),
        tls + "client.cert": str(folder / "ca.pem"),
        tls + "client.key": str(folder / "key"),
    }


# What cannot be asked, and what cannot be reached

_OLD = "import soc2gate.version as v\nv.__version__ = '0.0.9'\n"
_NONE = """\
import sys
class Not:
    def find_spec(self, name, *rest):
        if name.split('.')[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Not())
"""


def _customised(folder: Path, code: str) -> str:
    """A PYTHONPATH by which Python runs this before anything else."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code)
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.mark.parametrize(
    ("code", "said"),
    [(_OLD, r"has soc2gate 0\.0\.9, and "), (_NONE.format(name="soc2gate"), "has no soc2gate")],
    ids=["another version", "none"],
)
def test_a_worker_that_does_not_fit_is_named_in_one_line(cluster: Cluster, folder: Path, code: str, said: str) -> None:
    there(*cluster.work(1, "--no-nanny", PYTHONPATH=_customised(folder / "site", code)))
    try:
        with pytest.raises(UsageError, match=rf"^the worker tcp://127\.0\.0\.1:\d+ {said}"):
            by_dask(cluster)
    finally:
        end(cluster.workers.pop())


def test_a_scheduler_that_is_lost_leaves_what_was_read_marked_partial(
    aws: Aws, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def lose(told: str, caller: dict[str, Any]) -> None:
        if f"/{FAR}/" in caller.get("HTTP_AUTHORIZATION", "") and "DescribeVolumes" in told:
            # The one worker reads one share after the other: some are read.
            assert made.scheduler is not None
            made.scheduler.kill()
            time.sleep(1)

    given = environment(AWS_ENDPOINT_URL=aws.url, **KEYS)
    with running(tmp_path / "cluster", given) as made:
        there(*made.work(1, "--no-nanny"))
        aws.watch = lose
        try:
            snapshot = by_dask(made)
        finally:
            aws.watch = None
    assert "Traceback" not in capfd.readouterr().err
    why = f"the dask scheduler at {made.address} was lost"
    assert snapshot.info.partial
    assert why in str([problem.message for problem in snapshot.problems()])
    assert snapshot.why_unread(QUEUE, FAR, PROD) == why


def test_a_scheduler_that_knows_no_soc2gate_is_told(aws: Aws, tmp_path: Path) -> None:
    """It calls nothing of ours, but looks up what it hands on."""
    given = environment(AWS_ENDPOINT_URL=aws.url, **KEYS)
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder, given)
    try:
        made.start(PYTHONPATH=_customised(tmp_path / "site", _NONE.format(name="soc2gate")))
        there(*made.work(1, "--no-nanny"))
        with pytest.raises(UsageError, match=r"the dask scheduler at tcp://127\.0\.0\.1:\d+ has no soc2gate"):
            by_dask(made)
    finally:
        made.stop()


def test_a_scheduler_without_workers_is_waited_for_and_then_told(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_dask, "PATIENCE", 1.0)
    monkeypatch.setattr(on_dask, "_LOOK", 0.2)
    with (
        running(tmp_path / "cluster", environment()) as made,
        pytest.raises(CollectError, match=r"the dask scheduler at tcp://127\.0\.0\.1:\d+ has had no worker for \d s"),
    ):
        on_dask.collect_on_dask(made.url, AwsRequest((QUEUE,), lambda: NOW, regions=(REGION,)), ())


def test_a_scheduler_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "_CONNECT", "300ms")
    with pytest.raises(CollectError, match=r"the dask scheduler at tcp://127\.0\.0\.1:9 cannot be reached") as told:
        on_dask.collect_on_dask("dask://127.0.0.1:9", AwsRequest((QUEUE,), lambda: NOW), ())
    assert "dask scheduler" in told.value.hint


def test_without_the_extra_the_refusal_names_it(aws: Aws, folder: Path) -> None:
    path = _customised(folder / "site", _NONE.format(name="distributed"))
    code, said = ended(collect(folder, aws, "--engine", "dask://127.0.0.1:9", PYTHONPATH=path))
    assert (code, "pip install 'soc2gate[dask]'" in said) == (2, True)


@pytest.mark.parametrize(
    "url", ["tcp://h:1", "dask://", "dask://h:port", "dask://u:p@h:1", "dask://h:1/x", "spark://h"]
)
def test_a_url_that_names_no_scheduler_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="names no scheduler"):
        on_dask.address(url)


def test_urls_and_addresses() -> None:
    assert on_dask.address("dask://scheduler") == "tcp://scheduler:8786"
    assert on_dask.address("dask://10.0.0.7:1234") == "tcp://10.0.0.7:1234"
    assert on_dask.address("dask://[::1]:1234") == "tcp://[::1]:1234"
    assert on_dask.address("dask+tls://scheduler:1") == "tls://scheduler:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--profile", "audit"), "--profile is of this machine"),
        (("--provider", "kubernetes"), "--engine is for AWS accounts"),
    ],
)
def test_what_does_not_go_with_an_engine_is_refused(aws: Aws, folder: Path, words: tuple[str, ...], said: str) -> None:
    code, told = ended(collect(folder, aws, "--engine", "dask://127.0.0.1:9", *words))
    assert (code, said in told) == (2, True)
    assert json.dumps(told).count("Traceback") == 0
