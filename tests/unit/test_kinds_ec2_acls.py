"""Network ACLs in the normal form: entries written inline, by themselves, or seen in the account."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate import packs
from soc2gate.engine.evaluate import evaluate
from soc2gate.kinds import Normalised
from soc2gate.model.outcome import Verdict
from soc2gate.model.resource import Resource
from soc2gate.model.rule import RuleSet
from soc2gate.model.value import OpenList, Unknown, Value

ACL = "AWS::EC2::NetworkAcl"
ENTRY = "AWS::EC2::NetworkAclEntry"
RULE = "nacl-no-admin-port-from-internet"
SSH = {"rule_no": 100, "action": "allow", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_block": "0.0.0.0/0"}
ALLOW = {"rule_number": 100, "rule_action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"}
DENY = {
    "rule_number": 90,
    "rule_action": "deny",
    "protocol": "6",
    "from_port": 22,
    "to_port": 3389,
    "cidr_block": "0.0.0.0/0",
}


def entries(made: Normalised) -> dict[str, Resource]:
    return {resource.address: resource for resource in made.resources if resource.kind == ENTRY}


def verdicts(*resources: Any) -> dict[str, Verdict]:
    ours = packs.load()
    alone = RuleSet({RULE: ours.rules[RULE]}, ours.controls, ours.criteria, ours.digests)
    return {finding.address: finding.verdict for finding in evaluate(alone, normal(*resources).resources)}


def test_an_entry_is_the_same_in_both_formats() -> None:
    acl = tf("aws_network_acl.a", {"vpc_id": "vpc-1"})
    written = {**DENY, "rule_action": "DENY", "network_acl_id": "acl-1", "egress": "false"}
    terraform = entries(normal(acl, tf("aws_network_acl_rule.r", written)))["aws_network_acl_rule.r"]
    stack = cfn(
        "R",
        ENTRY,
        {
            "NetworkAclId": "acl-1",
            "RuleNumber": "90",
            "RuleAction": "deny",
            "Protocol": "6",
            "PortRange": {"From": "22", "To": 3389},
            "CidrBlock": "0.0.0.0/0",
        },
    )
    assert said(terraform) == said(one(normal(stack), ENTRY))


def test_an_inline_entry_says_the_same_as_one_of_its_own() -> None:
    inline = entries(normal(tf("aws_network_acl.a", {"vpc_id": "vpc-1", "ingress": [SSH]})))
    (found,) = inline.values()
    assert found.address == "aws_network_acl.a ingress 100"
    own = found.properties["NetworkAclId"]
    assert isinstance(own, Unknown)
    assert str(own.ref) == "aws_network_acl.a.id"
    assert found.properties == {
        "NetworkAclId": own,
        "RuleNumber": 100,
        "Protocol": 6,
        "RuleAction": "allow",
        "Egress": False,
        "CidrBlock": "0.0.0.0/0",
        "PortRange": {"From": 22, "To": 22},
    }
    assert found.derived_from == ACL


def test_an_acl_knows_the_entries_that_others_write_and_each_is_judged_once() -> None:
    acl = tf("aws_network_acl.a", {"vpc_id": "vpc-1"})
    rule = tf("aws_network_acl_rule.r", {**ALLOW, "network_acl_id": ref("aws_network_acl.a.id")})
    made = normal(acl, rule)
    told: Any = one(made, ACL).properties["Entries"]
    assert told == [
        {"RuleNumber": 100, "Protocol": -1, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "Egress": False}
    ]
    assert set(entries(made)) == {"aws_network_acl_rule.r"}


def test_an_acl_is_the_same_in_both_formats() -> None:
    terraform = one(
        normal(
            tf("aws_network_acl.a", {"vpc_id": "vpc-1", "tags": {"Name": "a"}}),
            tf("aws_network_acl_rule.r", {**DENY, "network_acl_id": ref("aws_network_acl.a.id")}),
        ),
        ACL,
    )
    cloudformation = one(
        normal(
            cfn("A", ACL, {"VpcId": "vpc-1", "Tags": [{"Key": "Name", "Value": "a"}]}),
            cfn(
                "R",
                ENTRY,
                {
                    "NetworkAclId": ref("A.Ref"),
                    "RuleNumber": 90,
                    "RuleAction": "deny",
                    "Protocol": 6,
                    "PortRange": {"From": 22, "To": 3389},
                    "CidrBlock": "0.0.0.0/0",
                },
            ),
        ),
        ACL,
    )
    assert said(terraform) == said(cloudformation)


@pytest.mark.parametrize("attribute", ["ingress", "egress"])
def test_blocks_that_are_not_known_leave_the_acl_open(attribute: str) -> None:
    template: Value = {**SSH, "cidr_block": var("range")}  # type: ignore[dict-item]  # a template is a value
    blocks = OpenList((), (template,), "variable")
    acl = one(normal(tf("aws_network_acl.a", {"vpc_id": "vpc-1", attribute: blocks})), ACL)
    assert isinstance(acl.properties["Entries"], OpenList)


def test_a_denial_counts_only_where_it_comes_first() -> None:
    acl = tf("aws_network_acl.a", {"vpc_id": "vpc-1"})

    def judged(**changed: Value) -> Verdict:
        mine = {"network_acl_id": ref("aws_network_acl.a.id")}
        return verdicts(
            acl,
            tf("aws_network_acl_rule.allow", {**ALLOW, **mine}),
            tf("aws_network_acl_rule.deny", {**DENY, **mine, **changed}),
        )["aws_network_acl_rule.allow"]

    assert judged() is Verdict.PASS
    assert judged(rule_number=110) is Verdict.FAIL
    assert judged(egress=True) is Verdict.FAIL
    assert judged(cidr_block="10.0.0.0/8") is Verdict.FAIL
    assert judged(cidr_block="0.0.0.0/1") is Verdict.FAIL
    assert judged(cidr_block="", ipv6_cidr_block="::/0") is Verdict.FAIL
    assert judged(to_port=3388) is Verdict.FAIL
    assert judged(network_acl_id="acl-elsewhere") is Verdict.FAIL
    assert judged(network_acl_id=ref("aws_vpc.v.default_network_acl_id")) is Verdict.FAIL
    # It may be a denial before it, in this ACL: nobody can tell.
    assert judged(network_acl_id=var("acl")) is Verdict.UNKNOWN
    assert judged(rule_number=var("number")) is Verdict.UNKNOWN


def test_an_acl_of_another_root_is_judged_by_what_stands_here() -> None:
    told = verdicts(tf("aws_network_acl_rule.allow", {**ALLOW, "network_acl_id": "acl-1"}))
    assert told == {"aws_network_acl_rule.allow": Verdict.FAIL}


def test_ports_that_are_left_out_are_none() -> None:
    # The provider sends 0 to 0, which is no port at all.
    written = {"rule_number": 1, "rule_action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0"}
    told = verdicts(tf("aws_network_acl_rule.r", {**written, "network_acl_id": "acl-1"}))
    assert told == {"aws_network_acl_rule.r": Verdict.PASS}


def test_a_default_acl_goes_by_its_vpcs_name_for_it() -> None:
    own = {"default_network_acl_id": ref("aws_vpc.v.default_network_acl_id"), "ingress": [{**SSH, "protocol": "all"}]}
    told = verdicts(
        tf("aws_default_network_acl.d", own),
        tf("aws_network_acl_rule.deny", {**DENY, "network_acl_id": ref("aws_vpc.v.default_network_acl_id")}),
    )
    assert told["aws_default_network_acl.d ingress 100"] is Verdict.PASS


def test_an_entry_without_ports_of_its_own_has_none() -> None:
    (found,) = entries(
        normal(tf("aws_network_acl.a", {"ingress": [{**SSH, "protocol": "-1", "from_port": 0, "to_port": 0}]}))
    ).values()
    assert "PortRange" not in found.properties
    assert not isinstance(found.properties["Protocol"], Unknown)
