"""Accounts read elsewhere, by an engine that has them read in any order: the same snapshot as read here."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal

from soc2gate.config import AccountConfig, OrganizationConfig
from soc2gate.errors import CollectError, UsageError
from soc2gate.live import errands
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.aws_shares import readable
from soc2gate.live.elsewhere import EngineGoneError, Undone, collect_elsewhere
from soc2gate.live.errands import Asked
from soc2gate.live.progress import Progress
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.resource import Weight

NOW = "2026-11-21T09:00:00Z"
KINDS = ("AWS::SQS::Queue", "AWS::EC2::Volume", "AWS::S3::Bucket")
PROD, TEST = "222222222222", "333333333333"
OTHER = "eu-central-1"
"""A second region."""


def role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/soc2gate-reader"


THREE = (AccountConfig(), AccountConfig(role(PROD), "id-7", "prod", (REGION,)), AccountConfig(role(TEST)))


@pytest.fixture
def aws(aws: Aws) -> Aws:
    aws.client("sqs", OTHER).create_queue(QueueName="far")
    aws.client("sqs").create_queue(QueueName="near")
    where: Any = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket="logs", CreateBucketConfiguration=where)
    return aws


class Shuffled:
    """Performs errands in this process, in an order of chance; `gone` after so many answers."""

    def __init__(self, seed: int, gone: int = 1_000_000, undone: str = "") -> None:
        self.order = random.Random(seed)
        self.waiting: list[tuple[str, bytes]] = []
        self.left = gone
        self.undone = undone

    def give(self, name: str, question: bytes) -> None:
        self.waiting.append((name, question))

    def take(self) -> tuple[str, bytes | Undone]:
        if self.left == 0:
            raise EngineGoneError("the scheduler was lost")
        self.left -= 1
        name, question = self.waiting.pop(self.order.randrange(len(self.waiting)))
        if self.undone and self.undone in name:
            return name, Undone("every worker died")
        return name, errands.perform(question)


def here(aws: Aws, **more: Any) -> Snapshot:
    return collect_aws(AwsRequest(KINDS, lambda: NOW, endpoint_url=aws.url, **more))


def elsewhere(aws: Aws, engine: Shuffled, progress: Any = None, **more: Any) -> Snapshot:
    asked = Asked(KINDS, endpoint_url=aws.url, now=NOW, threads=2, **more)
    return collect_elsewhere(engine, asked, readable(KINDS), lambda: NOW, progress)


DENIED = Refusal("DescribeVolumes", "UnauthorizedOperation")
NO_SETTING = Refusal("versioning", "AccessDenied", "s3")
NO_ROLE = Refusal(f"iam%3A%3A{TEST}", "AccessDenied", "query")


@pytest.mark.parametrize(
    ("refusals", "more"),
    [
        ((), {"regions": (REGION,)}),
        ((), {"accounts": THREE, "regions": (REGION, OTHER)}),
        ((DENIED, NO_SETTING), {"accounts": THREE, "regions": (OTHER, REGION)}),
        ((NO_ROLE,), {"accounts": THREE, "regions": (REGION,)}),
        ((Refusal("ListQueues", "AccessDenied", "json", "400 Bad Request"),), {"regions": (REGION, OTHER)}),
    ],
    ids=["one account", "three accounts", "denied calls", "a role not given", "a region denied"],
)
def test_whoever_reads_it_in_whatever_order_the_snapshot_is_the_same(
    aws: Aws, refusals: tuple[Refusal, ...], more: dict[str, Any]
) -> None:
    with aws.refusing(*refusals):
        expected = here(aws, **more)
        found = elsewhere(aws, Shuffled(5), **more)
    assert found.digest == expected.digest
    assert bool(expected.info.failed_calls) == bool(refusals)


def test_an_organization_in_all_regions_is_the_same_too(aws: Aws) -> None:
    organizations = aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="one", Email="one@example.org")
    regions = [REGION, OTHER, "us-east-1"]
    listed = "".join(f"<item><regionName>{one}</regionName></item>" for one in regions)
    few = f"<DescribeRegionsResponse><regionInfo>{listed}</regionInfo></DescribeRegionsResponse>"
    more: dict[str, Any] = {"organization": OrganizationConfig("reader"), "regions": ("all",)}
    with aws.refusing(Refusal("Action=DescribeRegions", few, "answer", "200 OK")):
        expected = here(aws, **more)
        found = elsewhere(aws, Shuffled(3), **more)
    assert found.digest == expected.digest
    assert "looked through and found empty" in str([part.notes for part in found.parts])


def test_what_nobody_could_read_is_unread_and_spoils_nothing_else(aws: Aws) -> None:
    found = elsewhere(aws, Shuffled(1, undone=f"{TEST}-{OTHER}"), accounts=THREE, regions=(REGION, OTHER))
    assert found.why_unread("AWS::SQS::Queue", OTHER, TEST) == "every worker died"
    assert found.was_read("AWS::SQS::Queue", REGION, TEST)
    assert found.was_read("AWS::SQS::Queue", OTHER, ACCOUNT)
    assert not found.info.partial
    (gap,) = [problem for problem in found.problems() if problem.weight is Weight.GAP]
    assert f" in {OTHER}: every worker died" in gap.message


def test_an_account_that_no_worker_could_enter_is_unread(aws: Aws) -> None:
    found = elsewhere(aws, Shuffled(1, undone=f"{TEST}-enter"), accounts=THREE, regions=(REGION,))
    assert found.why_unread("AWS::S3::Bucket", REGION, TEST) == "every worker died"
    assert found.was_read("AWS::S3::Bucket", REGION, PROD)


@pytest.mark.parametrize("after", [1, 4, 7])
def test_what_was_read_before_the_engine_was_lost_stays(aws: Aws, after: int) -> None:
    engine = Shuffled(after, gone=after)
    found = elsewhere(aws, engine, accounts=THREE, regions=(REGION,))
    assert {part.account for part in found.parts} == {ACCOUNT, PROD, TEST}
    whole = here(aws, accounts=THREE, regions=(REGION,))
    assert {r.address for r in found.resources()} <= {r.address for r in whole.resources()}
    for part, entire in zip(found.parts, whole.parts, strict=True):
        kept = {(entry.kind, entry.region) for entry in part.coverage if entry.read}
        of_kept = [r for r in entire.resources if (r.kind, _listed_in(r.kind, r.root)) in kept]
        assert [r.address for r in part.resources] == [r.address for r in of_kept]
        assert part.partial == any(not entry.read for entry in part.coverage)
        assert {entry.reason for entry in part.coverage if not entry.read} <= {"the scheduler was lost"}


def _listed_in(kind: str, root: str) -> str:
    return "global" if kind.startswith(("AWS::S3", "AWS::IAM", "Account")) else root.rpartition(":")[2]


def test_an_engine_lost_before_any_account_is_known_is_an_error(aws: Aws) -> None:
    with pytest.raises(CollectError, match="the scheduler was lost"):
        elsewhere(aws, Shuffled(1, gone=0), regions=(REGION,))


def test_ctrl_c_keeps_what_was_read(aws: Aws) -> None:
    def impatient(step: Progress) -> None:
        if step.resources:
            raise KeyboardInterrupt

    found = elsewhere(aws, Shuffled(1), impatient, accounts=THREE, regions=(REGION,))
    assert found.info.partial
    assert found.resources()


def test_progress_tells_account_and_region_and_ends_when_all_is_done(aws: Aws) -> None:
    steps: list[Progress] = []
    elsewhere(aws, Shuffled(1), steps.append, accounts=THREE, regions=(REGION,))
    assert (steps[-1].done, steps[-1].total) == (9, 9), "each account is entered, and read globally and in one region"
    assert {(step.account, step.region) for step in steps} >= {(TEST, REGION), (PROD, "global")}


def test_a_worker_that_signs_in_to_another_account_reads_nothing(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a role, what is read is what the worker's own identity is of; that must be one account for all."""

    class Elsewhere(Shuffled):
        def take(self) -> tuple[str, bytes | Undone]:
            name, answer = super().take()
            if name.endswith("-enter"):
                keys = aws.client("sts").assume_role(RoleArn=role(PROD), RoleSessionName="seed")["Credentials"]
                monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
                monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
                monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
            return name, answer

    found = elsewhere(aws, Elsewhere(1), regions=(REGION,))
    assert [part.account for part in found.parts] == [ACCOUNT]
    assert not found.resources()
    reason = f"the credentials there are of {PROD}, and {ACCOUNT} was to be read"
    assert found.why_unread("AWS::SQS::Queue", REGION) == reason


def test_a_worker_without_credentials_says_so_as_if_it_were_here(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CollectError, match="on a worker: there are no AWS credentials here"):
        elsewhere(aws, Shuffled(1), regions=(REGION,))


def test_an_answer_that_was_cut_off_is_refused(aws: Aws) -> None:
    class Cutting(Shuffled):
        def take(self) -> tuple[str, bytes | Undone]:
            name, given = super().take()
            assert isinstance(given, bytes)
            answer = errands.answered(given)
            if not answer.read or not name.endswith(REGION):
                return name, given
            from soc2gate.facts import replace

            return name, msgspec.msgpack.encode(replace(answer, read=answer.read[:-40]))

    found = elsewhere(aws, Cutting(1), regions=(REGION,))
    assert "cut off" in (found.why_unread("AWS::SQS::Queue", REGION) or "")
    assert found.was_read("AWS::S3::Bucket", REGION)


# What a worker says before it is asked anything


def test_a_worker_of_another_version_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = errands.question(Asked(KINDS))
    monkeypatch.setattr(errands, "__version__", "0.0.9")
    assert errands.answered(errands.perform(asked)).unfit.startswith("has soc2gate 0.0.9, and ")
    engine = Shuffled(1)
    monkeypatch.setattr(engine, "give", lambda name, _: engine.waiting.append((name, asked)))
    with pytest.raises(UsageError, match=r"a worker has soc2gate 0\.0\.9"):
        collect_elsewhere(engine, Asked(KINDS), readable(KINDS), lambda: NOW)


def test_a_question_of_a_later_version_is_understood_as_far_as_it_must_be() -> None:
    later = {"version": "9.9", "key": "", "asked": {"kinds": 7, "unheard": "of"}, "way": [], "further": 1}
    unfit = errands.answered(errands.perform(msgspec.msgpack.encode(later))).unfit
    assert unfit.endswith("and 9.9 asks")


def test_a_worker_with_another_digest_key_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "0123456789abcdef-of-the-one-who-asks"
    monkeypatch.setenv("SOC2GATE_DIGEST_KEY", key)
    asked = errands.question(Asked(KINDS))
    assert key.encode() not in asked, "the key never travels"
    assert not errands.answered(errands.perform(errands.question())).unfit
    monkeypatch.setenv("SOC2GATE_DIGEST_KEY", "another-key-of-this-worker")
    assert errands.answered(errands.perform(asked)).unfit.startswith("has another SOC2GATE_DIGEST_KEY")
    monkeypatch.delenv("SOC2GATE_DIGEST_KEY")
    assert errands.answered(errands.perform(asked)).unfit.startswith("has no SOC2GATE_DIGEST_KEY")
