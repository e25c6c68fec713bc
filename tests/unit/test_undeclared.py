"""What live resources have that rules read and code never says: told apart, and nothing of what a service makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from kinds_support import cfn, reading, ref, tf, var

from soc2gate.config import Config
from soc2gate.engine import accepted, gate
from soc2gate.engine.compare import Judged, compare, undeclared
from soc2gate.engine.evaluate import evaluate
from soc2gate.engine.match import match
from soc2gate.errors import ConfigError, Exit
from soc2gate.finishing import Found, finish
from soc2gate.kinds import normalise
from soc2gate.model.outcome import Difference, Disagreement, Verdict
from soc2gate.model.resource import LiveRef, RawResource, Resource, Side, Span, Where
from soc2gate.model.rule import RuleSet, Severity
from soc2gate.model.value import OpenList, Unknown, Value
from soc2gate.packs import load
from soc2gate.reading import Declared
from soc2gate.request import Request

NOW = "2026-11-21T09:00:00Z"
ACCOUNT = "123456789012"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load()


def live(kind: str, name: str, properties: Mapping[str, Value], *, read: tuple[str, ...] = (), **more: Any) -> Resource:
    """A live resource whose reader looked at what is there, and at `read`."""
    uid = f"arn:aws:x:eu-west-1:{ACCOUNT}:{name}"
    where = LiveRef("aws", ACCOUNT, "eu-west-1", uid, "x:Describe", NOW)
    return Resource(
        kind,
        uid,
        Side.LIVE,
        dict(properties),
        where,
        dict.fromkeys((*properties, *read), where),
        root=f"aws:{ACCOUNT}:eu-west-1",
        spelling="api",
        identity={"arn": uid, "name": name, "account": ACCOUNT, "region": "eu-west-1"},
        **more,
    )


def told(
    rules: RuleSet, written: tuple[RawResource, ...], running: list[Resource]
) -> tuple[list[Disagreement], list[Disagreement]]:
    """The disagreements, and the tier of what code never says."""
    by_root: dict[str, list[RawResource]] = {}
    for raw in written:
        by_root.setdefault(raw.root, []).append(raw)
    declared = normalise([reading(*raws) for raws in by_root.values()]).resources
    findings = evaluate(rules, [*declared, *running], now=NOW)
    matching = match(declared, running, coverage=lambda kind, account, region: "", asked=lambda kind: True)
    judged = Judged(findings, rules)
    disagreements = compare(matching, judged)
    return disagreements, undeclared(matching, judged, told=disagreements)


ROLE = tf("aws_iam_role.web", {"name": "web", "assume_role_policy": TRUST})


def role(**properties: Value) -> Resource:
    document: Value = {"Version": "2012-10-17", "Statement": []}
    return live("AWS::IAM::Role", "web", {"RoleName": "web", "AssumeRolePolicyDocument": document, **properties})


def test_a_policy_attached_by_hand_to_a_role_that_has_none_in_code_is_told(rules: RuleSet) -> None:
    disagreements, (found,) = told(rules, (ROLE,), [role(ManagedPolicyArns=[READ_ONLY])])
    assert disagreements == []
    assert (found.difference, found.address) == (Difference.UNDECLARED, "aws_iam_role.web")
    assert (found.property, found.declared, found.live) == ("ManagedPolicyArns", None, [READ_ONLY])
    assert found.live_where is not None
    assert ("iam-no-full-admin", Verdict.PASS, Verdict.PASS) in [(r.id, r.declared, r.live) for r in found.rules]
    assert found.severity is Severity.HIGH
    assert found.criteria


def test_what_makes_a_rule_fail_is_a_disagreement_about_that_property_and_not_told_twice(rules: RuleSet) -> None:
    (found,), tier = told(rules, (ROLE,), [role(ManagedPolicyArns=[ADMIN])])
    assert (found.difference, found.property, found.live) == (Difference.CHANGED, "ManagedPolicyArns", [ADMIN])
    assert ("iam-no-full-admin", Verdict.PASS, Verdict.FAIL) in [(r.id, r.declared, r.live) for r in found.rules]
    assert tier == []


def test_what_an_attachment_of_unknown_role_may_say_is_not_told(rules: RuleSet) -> None:
    attached = tf("aws_iam_role_policy_attachment.a", {"role": var("role"), "policy_arn": READ_ONLY})
    _, tier = told(rules, (ROLE, attached), [role(ManagedPolicyArns=[READ_ONLY])])
    assert tier == []


def test_what_another_root_attaches_to_it_is_said(rules: RuleSet) -> None:
    attached = tf("aws_iam_role_policy_attachment.a", {"role": "web", "policy_arn": READ_ONLY}, root="elsewhere")
    assert told(rules, (ROLE, attached), [role(ManagedPolicyArns=[READ_ONLY])]) == ([], [])


@pytest.mark.parametrize(("arn", "number"), [(READ_ONLY, 0), ("arn:aws:iam::aws:policy/job-function/Billing", 1)])
def test_what_another_root_attaches_to_it_perhaps_is_said_and_nothing_else(
    rules: RuleSet, arn: str, number: int
) -> None:
    body = {"role": var("role"), "policy_arn": READ_ONLY}
    attached = tf("aws_iam_role_policy_attachment.a", body, root="elsewhere")
    _, tier = told(rules, (ROLE, attached), [role(ManagedPolicyArns=[arn])])
    assert len(tier) == number


def test_what_could_not_be_looked_at_is_not_told_as_undeclared(rules: RuleSet) -> None:
    _, tier = told(rules, (ROLE,), [role(ManagedPolicyArns=Unknown("iam:ListAttachedRolePolicies was denied"))])
    assert tier == []


def test_what_another_root_attaches_may_be_what_is_there_where_that_is_not_known(rules: RuleSet) -> None:
    body = {"role": var("role"), "policy_arn": var("policy")}
    attached = tf("aws_iam_role_policy_attachment.a", body, root="elsewhere")
    _, tier = told(rules, (ROLE, attached), [role(ManagedPolicyArns=[READ_ONLY])])
    assert tier == []


def test_what_was_seen_is_told_though_there_may_be_more(rules: RuleSet) -> None:
    """A Terraform state tells of some policies of a role, and not whether these are all."""
    some = OpenList((READ_ONLY,), (Unknown("not in the state"),), "not in the state")
    _, (found,) = told(rules, (ROLE,), [role(ManagedPolicyArns=some)])
    assert (found.property, found.live) == ("ManagedPolicyArns", [READ_ONLY])


def test_named_settings_of_which_the_api_tells_all_are_no_news(rules: RuleSet) -> None:
    written = cfn("Web", "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Name": "web", "Scheme": "internal"})
    settings: Value = [
        {"Key": "deletion_protection.enabled", "Value": "true"},
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
    ]
    running = live(
        "AWS::ElasticLoadBalancingV2::LoadBalancer", "web", {"Name": "web", "LoadBalancerAttributes": settings}
    )
    _, tier = told(rules, (written,), [running])
    assert tier == []


def service(side: Side, annotations: Mapping[str, Value]) -> Resource:
    metadata: dict[str, Value] = {
        "name": "web",
        "namespace": "shop",
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    running = side is Side.LIVE
    where: Where = (
        LiveRef("kubernetes", "prod", "", "shop/web", "list services", NOW) if running else Span("web.yaml", 1)
    )
    return Resource(
        "Kubernetes::Service",
        "shop/web",
        side,
        {"metadata": metadata, "spec": {"type": "LoadBalancer"}},
        where,
        dict.fromkeys(("metadata", "spec"), where),
        root="kubernetes:prod" if running else ".",
        spelling="api" if running else "kubernetes",
        identity={"name": "web", "namespace": "shop"},
    )


def test_of_annotations_what_a_rule_names_is_told_and_what_tools_write_is_not(rules: RuleSet) -> None:
    ranges = "service.beta.kubernetes.io/load-balancer-source-ranges"
    named = {ranges: "0.0.0.0/0", "kubectl.kubernetes.io/restartedAt": "yesterday"}
    ours, theirs = service(Side.DECLARED, {}), service(Side.LIVE, named)
    judged = Judged(evaluate(rules, [ours, theirs], now=NOW), rules)
    matching = match([ours], [theirs], coverage=lambda kind, account, region: "", asked=lambda kind: True)
    differing = compare(matching, judged)
    (found,) = undeclared(matching, judged, told=differing)
    assert (found.property, found.live) == (f"metadata.annotations.{ranges}", "0.0.0.0/0")


def group(**properties: Value) -> Resource:
    return live(
        "AWS::EC2::SecurityGroup",
        "web",
        {"GroupName": "web", "GroupDescription": "web", **properties},
        read=("IsDefault",),
    )


EVERYTHING: Value = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
ONE: Value = {"IpProtocol": "tcp", "FromPort": 25, "ToPort": 25, "CidrIp": "198.51.100.0/24"}


@pytest.mark.parametrize(
    ("written", "egress", "number"),
    [
        # AWS lets a new group's members reach everything; Terraform takes that away.
        (cfn("Web", "AWS::EC2::SecurityGroup", {"GroupName": "web", "GroupDescription": "web"}), EVERYTHING, 0),
        (cfn("Web", "AWS::EC2::SecurityGroup", {"GroupName": "web", "GroupDescription": "web"}), ONE, 1),
        (tf("aws_security_group.web", {"name": "web", "description": "web"}), EVERYTHING, 1),
    ],
)
def test_a_new_groups_default_egress_is_not_told_and_another_is(
    rules: RuleSet, written: RawResource, egress: Value, number: int
) -> None:
    disagreements, tier = told(rules, (written,), [group(SecurityGroupIngress=[], SecurityGroupEgress=[egress])])
    assert disagreements == []
    assert [item.property for item in tier] == ["SecurityGroupEgress"] * number


def test_a_group_without_rules_in_code_that_lets_somebody_in_is_told(rules: RuleSet) -> None:
    written = tf("aws_security_group.web", {"name": "web", "description": "web"})
    entrance: Value = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}
    _, (found,) = told(rules, (written,), [group(SecurityGroupIngress=[entrance], SecurityGroupEgress=[])])
    assert (found.property, found.live) == ("SecurityGroupIngress", [entrance])
    assert "not in code" in found.reason


def test_what_a_replica_has_of_its_source_is_not_told(rules: RuleSet) -> None:
    written = tf("aws_db_instance.copy", {"identifier": "copy", "replicate_source_db": "orders"})
    running: dict[str, Value] = {"DBInstanceIdentifier": "copy", "Engine": "postgres", "MultiAZ": True}
    _, tier = told(rules, (written,), [live("AWS::RDS::DBInstance", "copy", running)])
    assert tier == []


def test_a_part_of_a_whole_that_code_leaves_unsaid_is_told_at_its_own_place(rules: RuleSet) -> None:
    body = {"family": "web", "container_definitions": '[{"name": "web", "image": "web:1"}]'}
    written = tf("aws_ecs_task_definition.web", body)
    container: Value = {"Name": "web", "Image": "web:1", "LogConfiguration": {"LogDriver": "awslogs"}}
    running = live("AWS::ECS::TaskDefinition", "web", {"Family": "web", "ContainerDefinitions": [container]})
    disagreements, tier = told(rules, (written,), [running])
    properties = {item.property for item in (*disagreements, *tier)}
    assert properties == {"ContainerDefinitions[0].LogConfiguration"}


def test_an_entry_added_to_a_network_acl_carries_the_rules_about_entries(rules: RuleSet) -> None:
    entry = {"rule_no": 100, "action": "allow", "protocol": "tcp", "from_port": 443, "to_port": 443}
    written = tf("aws_network_acl.web", {"ingress": [{**entry, "cidr_block": "10.0.0.0/8"}], "tags": {"Name": "web"}})
    said: Value = {
        "RuleNumber": 100,
        "RuleAction": "allow",
        "Protocol": 6,
        "PortRange": {"From": 443, "To": 443},
        "CidrBlock": "10.0.0.0/8",
        "Egress": False,
    }
    assert isinstance(said, dict)
    added: Value = {**said, "RuleNumber": 90, "PortRange": {"From": 22, "To": 22}, "CidrBlock": "0.0.0.0/0"}
    running = live("AWS::EC2::NetworkAcl", "web", {"Entries": [said, added]}, tags={"Name": "web"})
    disagreements, _ = told(rules, (written,), [running])
    (found,) = [item for item in disagreements if item.property == "Entries"]
    assert "nacl-no-admin-port-from-internet" in {rule.id for rule in found.rules}
    assert found.severity is Severity.MEDIUM
    assert found.criteria


def test_a_change_of_what_a_rule_reads_through_a_link_carries_that_rule(rules: RuleSet) -> None:
    body = {"vpc_id": ref("aws_vpc.main.id"), "traffic_type": "ALL", "tags": {"Name": "main"}}
    written = (tf("aws_vpc.main", {"cidr_block": "10.0.0.0/16", "tags": {"Name": "main"}}), tf("aws_flow_log.f", body))
    vpc = live("AWS::EC2::VPC", "main", {"CidrBlock": "10.0.0.0/16"}, tags={"Name": "main"})
    log = live("AWS::EC2::FlowLog", "f", {"TrafficType": "ACCEPT"}, tags={"Name": "main"})
    disagreements, _ = told(rules, written, [vpc, log])
    (found,) = [item for item in disagreements if item.kind == "AWS::EC2::FlowLog"]
    assert (found.property, [rule.id for rule in found.rules]) == ("TrafficType", ["vpc-flow-logs"])
    assert found.severity is Severity.MEDIUM


# The file that accepts them


def looked_at(kind: str, account: str, uid: str, name: str) -> bool:
    return True


def test_what_is_accepted_is_silent_and_what_changed_since_is_told_again(rules: RuleSet, tmp_path: Path) -> None:
    file = tmp_path / "accepted.json"
    _, tier = told(rules, (ROLE,), [role(ManagedPolicyArns=[READ_ONLY, BILLING])])
    left, _ = accepted.settle(tier, file, "accepted.json", looked_at, lambda text: write(file, text))
    assert left == []
    # The value itself is not in it, and the order in which an API answers is none of its business.
    assert "ReadOnlyAccess" not in file.read_text()
    _, tier = told(rules, (ROLE,), [role(ManagedPolicyArns=[BILLING, READ_ONLY])])
    left, used = accepted.settle(tier, file, "accepted.json", looked_at, None)
    assert (left, used.known, used.gone) == ([], 1, ())
    _, tier = told(rules, (ROLE,), [role(ManagedPolicyArns=[READ_ONLY])])
    (again,), used = accepted.settle(tier, file, "accepted.json", looked_at, None)
    assert "accepted in accepted.json, and changed since" in again.reason
    assert used.known == 0


def test_an_accepted_property_that_is_no_more_is_told_unless_nobody_could_look(rules: RuleSet, tmp_path: Path) -> None:
    file = tmp_path / "accepted.json"
    _, tier = told(rules, (ROLE,), [role(ManagedPolicyArns=[READ_ONLY])])
    accepted.settle(tier, file, "accepted.json", looked_at, lambda text: write(file, text))
    _, used = accepted.settle([], file, "accepted.json", looked_at, None)
    assert used.gone == (("aws_iam_role.web", "ManagedPolicyArns"),)
    denied = [role(ManagedPolicyArns=Unknown("iam:ListAttachedRolePolicies was denied"))]
    looked = accepted.looking(denied, denied, lambda kind, region, account: None, everything=True)
    _, used = accepted.settle([], file, "accepted.json", looked, None)
    assert used.gone == ()
    # Accepting again keeps what could not be looked at.
    accepted.settle([], file, "accepted.json", looked, lambda text: write(file, text))
    assert len(accepted.read(file, "accepted.json").entries) == 1


def test_what_stands_in_code_that_was_not_read_is_not_gone() -> None:
    elsewhere = accepted.looking([role()], [], lambda kind, region, account: None, everything=False)
    assert not elsewhere("AWS::IAM::Role", ACCOUNT, role().address, "ManagedPolicyArns")
    # Nor is what no longer runs, as long as it may run where nobody looked for it.
    assert not elsewhere("AWS::IAM::Role", ACCOUNT, f"{role().address}-2", "ManagedPolicyArns")
    whole = accepted.looking([role()], [], lambda kind, region, account: None, everything=True)
    assert whole("AWS::IAM::Role", ACCOUNT, f"{role().address}-2", "ManagedPolicyArns")


def test_a_file_that_is_none_is_refused_with_what_writes_one(tmp_path: Path) -> None:
    file = tmp_path / "accepted.json"
    file.write_text('{"schema": "soc2gate.baseline/1", "findings": []}')
    with pytest.raises(ConfigError, match="expected accepted undeclared properties") as refused:
        accepted.read(file, "accepted.json")
    assert "--accept-undeclared" in refused.value.hint


def test_it_closes_the_gate_only_where_that_is_asked(rules: RuleSet) -> None:
    _, tier = told(rules, (ROLE,), [role(ManagedPolicyArns=[READ_ONLY])])
    assert gate.decide([], [], [], fail_on=Severity.HIGH).exit is Exit.OK
    closed = gate.decide([], [], [], fail_on=Severity.HIGH, undeclared=tier)
    assert closed.exit is Exit.CLOSED
    assert closed.reasons == ("1 property that code never says at high or above",)
    assert gate.decide([], [], [], fail_on=Severity.CRITICAL, undeclared=tier).exit is Exit.OK


@pytest.mark.parametrize(("asked", "code"), [("report", Exit.OK), ("block", Exit.CLOSED)])
def test_a_run_closes_on_it_as_was_asked(rules: RuleSet, tmp_path: Path, asked: str, code: Exit) -> None:
    _, tier = told(rules, (ROLE,), [role(ManagedPolicyArns=[READ_ONLY])])
    request = Request((".",), tmp_path, Config(), rules, NOW, lambda: NOW, on_undeclared=asked)
    nothing = Declared((), (), (), (), {}, unread=False, digests={})
    run = finish(request, "verify", nothing, Found([], undeclared=tier))
    assert (run.decision.exit, run.undeclared) == (code, tuple(tier))


def write(file: Path, text: str) -> None:
    file.write_text(text)
