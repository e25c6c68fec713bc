"""Pairing the sides and telling their disagreements: what counts, what does not, and what cannot be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from soc2gate.engine.compare import Judged, compare
from soc2gate.engine.evaluate import evaluate
from soc2gate.engine.match import Matching, match
from soc2gate.model.outcome import Difference, Disagreement, Verdict
from soc2gate.model.resource import LiveRef, Resource, Side, Span
from soc2gate.model.rule import RuleSet, Severity
from soc2gate.model.value import Ref, Unknown, Value
from soc2gate.packs import load

NOW = "2026-11-21T09:00:00Z"
ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load()


def queue(side: Side, name: Value = "orders", address: str = "", **properties: Value) -> Resource:
    return resource("AWS::SQS::Queue", side, name, address, {"QueueName": name, **properties})


def resource(
    kind: str, side: Side, name: Value, address: str = "", properties: Mapping[str, Value] | None = None
) -> Resource:
    uid = f"arn:aws:x:eu-west-1:{ACCOUNT}:{name}"
    if side is Side.DECLARED:
        identity: dict[str, Value] = {"name": name, "region": "eu-west-1"}
        return Resource(
            kind,
            address or f"resource.{name}",
            side,
            dict(properties or {}),
            Span("main.tf", 3, 1, 9),
            {},
            root=".",
            spelling="terraform",
            identity=identity,
        )
    where = LiveRef("aws", ACCOUNT, "eu-west-1", uid, "sqs:GetQueueAttributes", NOW)
    return Resource(
        kind,
        uid,
        side,
        dict(properties or {}),
        where,
        dict.fromkeys(properties or {}, where),
        root=f"aws:{ACCOUNT}:eu-west-1",
        spelling="api",
        identity={"arn": uid, "name": name, "account": ACCOUNT, "region": "eu-west-1"},
    )


def paired(declared: list[Resource], live: list[Resource], unread: str = "") -> Matching:
    return match(declared, live, coverage=lambda kind, account, region: unread, asked=lambda kind: True)


def disagreements(
    declared: list[Resource], live: list[Resource], rules: RuleSet, unread: str = ""
) -> list[Disagreement]:
    findings = evaluate(rules, [*declared, *live], now=NOW)
    return compare(paired(declared, live, unread), Judged(findings, rules))


def test_equal_sides_have_nothing_to_disagree_about(rules: RuleSet) -> None:
    ours, theirs = (queue(side, SqsManagedSseEnabled=True) for side in Side)
    assert disagreements([ours], [theirs], rules) == []


def test_a_changed_property_names_its_rule_its_line_and_the_call_that_saw_it(rules: RuleSet) -> None:
    ours = queue(Side.DECLARED, SqsManagedSseEnabled=True)
    theirs = queue(Side.LIVE, SqsManagedSseEnabled=False)
    (found,) = disagreements([ours], [theirs], rules)
    assert found.difference is Difference.CHANGED
    assert found.property == "SqsManagedSseEnabled"
    assert (found.declared, found.live) == (True, False)
    assert found.declared_where == Span("main.tf", 3, 1, 9)
    assert found.live_where is not None
    assert found.live_where.call == "sqs:GetQueueAttributes"
    (contrast,) = found.rules
    assert (contrast.id, contrast.declared, contrast.live) == ("sqs-encrypted", Verdict.PASS, Verdict.FAIL)
    assert found.criteria == ("CC6.1",)
    assert found.severity is Severity.MEDIUM


def test_a_difference_no_rule_reads_weighs_nothing(rules: RuleSet) -> None:
    ours = queue(Side.DECLARED, SqsManagedSseEnabled=True, DelaySeconds=5)
    theirs = queue(Side.LIVE, SqsManagedSseEnabled=True, DelaySeconds=9)
    (found,) = disagreements([ours], [theirs], rules)
    assert (found.property, found.severity, found.rules) == ("DelaySeconds", None, ())


def test_a_declared_resource_that_was_not_listed_is_missing(rules: RuleSet) -> None:
    (found,) = disagreements([queue(Side.DECLARED)], [], rules)
    assert found.difference is Difference.MISSING
    assert found.severity is Severity.MEDIUM


def test_a_kind_that_could_not_be_listed_is_undecided_never_missing(rules: RuleSet) -> None:
    (found,) = disagreements([queue(Side.DECLARED)], [], rules, unread="sqs:ListQueues was denied (AccessDenied)")
    assert found.difference is Difference.UNDECIDED
    assert "denied" in found.reason


def test_a_resource_that_may_not_be_created_is_not_missing(rules: RuleSet) -> None:
    assert disagreements([replace(queue(Side.DECLARED), uncertain="count depends on var.n")], [], rules) == []


def test_a_live_resource_nobody_declares_is_unmanaged(rules: RuleSet) -> None:
    (found,) = disagreements([], [queue(Side.LIVE, SqsManagedSseEnabled=False)], rules)
    assert found.difference is Difference.UNMANAGED
    assert {(rule.id, rule.declared, rule.live) for rule in found.rules} == {
        ("sqs-dead-letter-queue", None, Verdict.FAIL),
        ("sqs-encrypted", None, Verdict.FAIL),
    }


def test_what_the_provider_brings_by_itself_is_not_unmanaged(rules: RuleSet) -> None:
    assert disagreements([], [replace(queue(Side.LIVE), managed_by="AWS")], rules) == []


def test_two_candidates_are_undecided_with_both_named(rules: RuleSet) -> None:
    twins = [queue(Side.LIVE), replace(queue(Side.LIVE), address="other")]
    found = disagreements([queue(Side.DECLARED)], twins, rules)
    assert [item.difference for item in found] == [Difference.UNDECIDED]
    assert "2 live resources" in found[0].reason


def test_one_live_resource_claimed_twice_is_undecided(rules: RuleSet) -> None:
    claims = [queue(Side.DECLARED, address="a"), queue(Side.DECLARED, address="b")]
    found = disagreements(claims, [queue(Side.LIVE)], rules)
    assert [item.difference for item in found] == [Difference.UNDECIDED] * 2


def test_a_resource_without_a_known_name_is_undecided_and_so_is_what_it_may_be(rules: RuleSet) -> None:
    nameless = queue(
        Side.DECLARED, Unknown("known after apply", depends=("random_id.x.hex",)), address="aws_sqs_queue.q"
    )
    found = disagreements([nameless], [queue(Side.LIVE)], rules)
    assert [item.difference for item in found] == [Difference.UNDECIDED] * 2
    assert any("may be aws_sqs_queue.q" in item.reason for item in found)


def test_the_same_name_in_another_region_is_another_resource(rules: RuleSet) -> None:
    theirs = queue(Side.LIVE)
    theirs = replace(theirs, identity={**theirs.identity, "region": "us-east-1"})
    found = disagreements([queue(Side.DECLARED)], [theirs], rules)
    assert sorted(item.difference.value for item in found) == ["missing", "unmanaged"]


def test_a_reference_compares_as_the_live_resource_it_is_paired_with(rules: RuleSet) -> None:
    key_arn = f"arn:aws:x:eu-west-1:{ACCOUNT}:k"
    declared = [
        resource("AWS::KMS::Key", Side.DECLARED, "k", "aws_kms_key.k", {"EnableKeyRotation": True}),
        queue(
            Side.DECLARED,
            KmsMasterKeyId=Unknown("known after apply", ref=Ref("aws_kms_key.k", "arn"), not_null=True),
        ),
    ]
    key = resource("AWS::KMS::Key", Side.LIVE, "k", properties={"EnableKeyRotation": True})
    for arn, properties in ((key_arn, []), ("arn:aws:kms:eu-west-1:999999999999:key/other", ["KmsMasterKeyId"])):
        live = [replace(key, tags={"Name": "k"}), queue(Side.LIVE, KmsMasterKeyId=arn)]
        tagged = [replace(declared[0], tags={"Name": "k"}), declared[1]]
        found = [item for item in disagreements(tagged, live, rules) if item.kind == "AWS::SQS::Queue"]
        assert [item.property for item in found] == properties


@pytest.mark.parametrize("attribute", ["bucket_regional_domain_name", "hosted_zone_id"])
def test_an_attribute_that_is_no_name_of_the_resource_says_nothing_of_the_live_value(
    rules: RuleSet, attribute: str
) -> None:
    named = Unknown("known after apply", Ref("resource.assets", attribute), not_null=True)
    named_so = {"BucketName": "assets"}
    bucket = [resource("AWS::S3::Bucket", side, "assets", "", named_so) for side in (Side.DECLARED, Side.LIVE)]
    ours, theirs = queue(Side.DECLARED, KmsMasterKeyId=named), queue(Side.LIVE, KmsMasterKeyId="anything")
    found = disagreements([bucket[0], ours], [bucket[1], theirs], rules)
    assert [item.property for item in found if item.kind == "AWS::SQS::Queue"] == []


def test_a_denied_detail_call_leaves_the_property_undecided(rules: RuleSet) -> None:
    ours = queue(Side.DECLARED, SqsManagedSseEnabled=True)
    theirs = queue(Side.LIVE, SqsManagedSseEnabled=Unknown("sqs:GetQueueAttributes was denied (AccessDenied)"))
    (found,) = disagreements([ours], [theirs], rules)
    assert found.difference is Difference.UNDECIDED
    assert found.property == "SqsManagedSseEnabled"
    assert "denied" in found.reason
    assert [rule.id for rule in found.rules] == ["sqs-encrypted"]


def test_a_rule_that_differs_on_what_code_leaves_free_stands_alone(rules: RuleSet) -> None:
    ours = queue(Side.DECLARED, SqsManagedSseEnabled=Unknown("decided by the account", not_null=True))
    theirs = queue(Side.LIVE, SqsManagedSseEnabled=False)
    found = disagreements([ours], [theirs], rules)
    assert [(item.property, item.difference) for item in found] == [(None, Difference.UNDECIDED)]


def test_disagreements_come_in_the_same_order_whatever_order_resources_came_in(rules: RuleSet) -> None:
    live = [queue(Side.LIVE, f"q{index}") for index in range(5)]
    assert disagreements([], live, rules) == disagreements([], live[::-1], rules)


def _policy(parent: str) -> Resource:
    policy = resource("AWS::SQS::QueuePolicy", Side.LIVE, "p", properties={"PolicyDocument": ANYONE})
    return replace(policy, derived_from="AWS::SQS::Queue", identity={**policy.identity, "parent": parent})


ANYONE: Value = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}


def test_what_an_unmanaged_resource_brings_is_told_with_it(rules: RuleSet) -> None:
    theirs = queue(Side.LIVE)
    assert [item.kind for item in disagreements([], [theirs, _policy(theirs.address)], rules)] == ["AWS::SQS::Queue"]


def test_a_policy_added_by_hand_to_a_declared_resource_is_unmanaged(rules: RuleSet) -> None:
    theirs = queue(Side.LIVE)
    (found,) = disagreements([queue(Side.DECLARED)], [theirs, _policy(theirs.address)], rules)
    assert (found.kind, found.difference) == ("AWS::SQS::QueuePolicy", Difference.UNMANAGED)


def policy(side: Side, name: str, **identity: Value) -> Resource:
    document: Value = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sqs:*"}]}
    made = resource("AWS::SQS::QueuePolicy", side, name, properties={"PolicyDocument": document})
    parent = f"arn:aws:x:eu-west-1:{ACCOUNT}:{name}"
    kept = {"region": "eu-west-1"} if side is Side.DECLARED else {**made.identity, "arn": None, "parent": parent}
    return replace(made, derived_from="AWS::SQS::Queue", identity={**kept, **identity})


def test_one_policy_of_two_queues_is_the_policy_of_each(rules: RuleSet) -> None:
    ours = [queue(Side.DECLARED, "jobs"), queue(Side.DECLARED, "failed")]
    theirs = [queue(Side.LIVE, "jobs"), queue(Side.LIVE, "failed")]
    seen = [policy(Side.LIVE, "jobs"), policy(Side.LIVE, "failed")]
    declared = policy(Side.DECLARED, "policy", owners=["jobs", "failed"])
    assert disagreements([*ours, declared], [*theirs, *seen], rules) == []
    opened: Value = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}
    changed = replace(seen[1], properties={"PolicyDocument": opened})
    (found,) = disagreements([*ours, declared], [*theirs, seen[0], changed], rules)
    assert (found.difference, found.kind) == (Difference.CHANGED, "AWS::SQS::QueuePolicy")
    assert [contrast.id for contrast in found.rules] == ["sqs-no-anonymous"]


def test_a_policy_that_nobody_declared_is_told_and_one_that_may_be_declared_is_undecided(rules: RuleSet) -> None:
    ours, theirs, seen = queue(Side.DECLARED, "jobs"), queue(Side.LIVE, "jobs"), policy(Side.LIVE, "jobs")
    (found,) = disagreements([ours], [theirs, seen], rules)
    assert found.difference is Difference.UNMANAGED
    adrift = policy(Side.DECLARED, "policy")
    (found,) = disagreements([ours, adrift], [theirs, seen], rules)
    assert found.difference is Difference.UNDECIDED


PASSWORDS = "Account::IAM::PasswordPolicy"


def passwords(side: Side, length: int, account: str = ACCOUNT) -> Resource:
    made = resource(PASSWORDS, side, "passwords", properties={"MinimumPasswordLength": length})
    if side is Side.DECLARED:
        return replace(made, places={"MinimumPasswordLength": Span("main.tf", 4)}, identity={})
    return replace(made, root=f"aws:{account}:global", identity={"account": account, "region": "global"})


def test_a_setting_of_the_account_that_code_writes_is_compared_with_the_account_s() -> None:
    rules = load()
    ours, theirs = passwords(Side.DECLARED, 16), passwords(Side.LIVE, 6)
    (told,) = compare(paired([ours], [theirs]), Judged(evaluate(rules, [ours, theirs], now=NOW), rules))
    assert (told.difference, told.property) == (Difference.CHANGED, "MinimumPasswordLength")
    assert [contrast.id for contrast in told.rules] == ["iam-password-policy"]
    same = passwords(Side.LIVE, 16)
    assert compare(paired([ours], [same]), Judged(evaluate(rules, [ours, same], now=NOW), rules)) == []


def test_a_setting_that_code_does_not_write_or_nobody_could_read_is_never_missing() -> None:
    implied = replace(passwords(Side.DECLARED, 16), places={}, properties={})
    assert paired([implied], [passwords(Side.LIVE, 6)]) == Matching((), (), (), ())
    (unread,) = paired([passwords(Side.DECLARED, 16)], [], unread="denied").undecided
    assert unread.reason == "could not look: denied"
    assert paired([], [passwords(Side.LIVE, 6)]).unmanaged == ()


def test_a_setting_of_one_of_several_accounts_is_undecided_where_code_does_not_say_which() -> None:
    found = paired([passwords(Side.DECLARED, 16)], [passwords(Side.LIVE, 6), passwords(Side.LIVE, 6, "999999999999")])
    assert found.pairs == ()
    assert [one.reason for one in found.undecided] == ["code does not say which of 2 accounts or regions this is of"]
