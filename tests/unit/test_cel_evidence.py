"""The evidence an answer carries: what decided, by its own path, and the witness."""

from __future__ import annotations

from typing import Any

from soc2gate import cel
from soc2gate.cel import Answer
from soc2gate.model.rule import Source
from soc2gate.model.value import OpenList, Unknown, Value
from soc2gate.schema.types import ANY, BOOL, INT, STRING, ListType, ObjectType

INGRESS = ObjectType(
    "SG.Ingress", {"IpProtocol": STRING, "CidrIp": STRING, "CidrIpv6": STRING, "FromPort": INT, "ToPort": INT}
)
POD = ObjectType("Pod.Container", {"name": STRING, "privileged": BOOL, "ports": ListType(INT)})
KIND = ObjectType(
    "SG",
    {
        "SecurityGroupIngress": ListType(INGRESS),
        "Encrypted": BOOL,
        "KeyId": STRING,
        "Retention": INT,
        "containers": ListType(POD),
        "initContainers": ListType(POD),
        "PolicyDocument": ANY,
        "related": ObjectType("SG.related", {"FlowLogs": ListType(ObjectType("FlowLog", {"TrafficType": STRING}))}),
    },
)
OPEN_SSH: dict[str, Value] = {"IpProtocol": "tcp", "CidrIp": "0.0.0.0/0", "FromPort": 22, "ToPort": 22}
INSIDE: dict[str, Value] = {"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8", "FromPort": 22, "ToPort": 22}
SSH = "!resource.SecurityGroupIngress.exists(rule, open_to_internet(rule) && covers_port(rule, 22))"


def ask(text: str, **properties: Any) -> Answer:
    return cel.compile(Source(text, "rule.yaml", 1), {"resource": KIND}, vacuous_ok=True).run({"resource": properties})


def test_the_element_that_decided_is_the_witness_and_all_the_evidence() -> None:
    answer = ask(SSH, SecurityGroupIngress=[INSIDE, OPEN_SSH, INSIDE])
    assert answer.value is False
    assert answer.witness == ("SecurityGroupIngress[1]", OPEN_SSH)
    assert answer.looked == (
        ("SecurityGroupIngress[1].CidrIp", "0.0.0.0/0"),
        ("SecurityGroupIngress[1].IpProtocol", "tcp"),
        ("SecurityGroupIngress[1].FromPort", 22),
        ("SecurityGroupIngress[1].ToPort", 22),
    )


def test_a_list_without_a_match_shows_its_size_and_a_sample() -> None:
    answer = ask(SSH, SecurityGroupIngress=[INSIDE] * 500)
    assert answer.value is True
    assert answer.witness is None
    assert answer.looked[:2] == (("SecurityGroupIngress.size()", 500), ("SecurityGroupIngress[0].CidrIp", "10.0.0.0/8"))
    assert len(answer.looked) <= 25


def test_an_absorbed_operand_is_no_evidence() -> None:
    assert ask("resource.Encrypted && resource.Retention > 7", Encrypted=True, Retention=1).looked == (
        ("Retention", 1),
    )
    assert ask("resource.Encrypted || resource.Retention > 7", Encrypted=False, Retention=8).looked == (
        ("Retention", 8),
    )
    both = ask("resource.Encrypted && resource.Retention > 7", Encrypted=True, Retention=8)
    assert [looked.path for looked in both.looked] == ["Encrypted", "Retention"]


def test_an_absent_property_is_evidence_as_absent() -> None:
    assert ask("resource.Encrypted").looked == (("Encrypted", None),)
    assert ask("resource.SecurityGroupIngress.exists(r, true)").looked == (("SecurityGroupIngress", None),)
    assert ask("has(resource.KeyId)").looked == (("KeyId", None),)


def test_elements_keep_their_own_paths_through_sums_and_literals() -> None:
    containers = [{"name": "a"}]
    init = [{"name": "b"}, {"name": "c", "privileged": True}]
    answer = ask(
        "!(resource.containers + resource.initContainers).exists(c, c.privileged)",
        containers=containers,
        initContainers=init,
    )
    assert answer.witness is not None
    assert answer.witness.path == "initContainers[1]"
    assert answer.looked == (("initContainers[1].privileged", True),)
    answer = ask("[resource.KeyId, resource.related.FlowLogs[0].TrafficType].exists(x, x == 'ALL')",
                 KeyId="k", related={"FlowLogs": [{"TrafficType": "ALL"}]})  # fmt: skip
    assert answer.witness == ("related.FlowLogs[0].TrafficType", "ALL")


def test_elements_keep_their_own_paths_through_filter_and_map() -> None:
    rules = [INSIDE, OPEN_SSH]
    answer = ask("resource.SecurityGroupIngress.filter(r, open_to_internet(r)).exists(r, r.FromPort == 22)",
                 SecurityGroupIngress=rules)  # fmt: skip
    assert answer.witness is not None
    assert answer.witness.path == "SecurityGroupIngress[1]"
    answer = ask(
        "resource.SecurityGroupIngress.map(r, r.CidrIp).exists(c, c == '0.0.0.0/0')", SecurityGroupIngress=rules
    )
    assert answer.witness == ("SecurityGroupIngress[1].CidrIp", "0.0.0.0/0")


def test_the_innermost_deciding_element_is_the_witness() -> None:
    containers = [{"name": "a", "ports": [1]}, {"name": "b", "ports": [5, 22]}]
    answer = ask("!resource.containers.exists(c, c.ports.exists(p, p == 22))", containers=containers)
    assert answer.witness == ("containers[1].ports[1]", 22)
    answer = ask("resource.containers.all(c, c.ports.exists(p, p == 1))", containers=containers)
    assert answer.witness == ("containers[1]", containers[1])
    assert ask("resource.containers.all(c, c.ports.exists(p, p > 0))", containers=containers).witness is None


def test_linked_resources_are_named_by_the_link() -> None:
    answer = ask("resource.related.FlowLogs.exists(f, f.TrafficType in ['ALL', 'REJECT'])",
                 related={"FlowLogs": [{"TrafficType": "ACCEPT"}, {"TrafficType": "ALL"}]})  # fmt: skip
    assert answer.looked == (("related.FlowLogs[1].TrafficType", "ALL"),)


def test_an_element_that_decides_by_being_there_is_evidence() -> None:
    answer = ask("resource.related.FlowLogs.exists(f, true)", related={"FlowLogs": [{"TrafficType": "ALL"}]})
    assert answer.looked == (("related.FlowLogs[0]", {"TrafficType": "ALL"}),)


def test_an_unknown_answer_shows_what_blocked_it() -> None:
    hidden = Unknown("variable “cidr” has no default", None, ("var.cidr",))
    answer = ask(SSH, SecurityGroupIngress=[INSIDE, {**OPEN_SSH, "CidrIp": hidden}])
    assert (answer.reason, answer.depends) == ("variable “cidr” has no default", ("var.cidr",))
    assert answer.looked[1] == ("SecurityGroupIngress[1].CidrIp", hidden)
    answer = ask(SSH, SecurityGroupIngress=OpenList((INSIDE,), (OPEN_SSH,), "rules of module “web” were not read"))
    assert answer.reason == "rules of module “web” were not read"
    assert answer.looked[-1].path == "SecurityGroupIngress[*].ToPort"


def test_a_policy_s_evidence_is_the_statement_that_decided() -> None:
    fine = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "*"}
    bad = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    answer = ask("!allows_anyone(resource.PolicyDocument)", PolicyDocument={"Statement": [fine, bad]})
    assert answer.looked == (("PolicyDocument.Statement[1]", bad),)
    answer = ask("!allows_anyone(resource.PolicyDocument)", PolicyDocument={"Statement": [fine]})
    assert [looked.path for looked in answer.looked] == ["PolicyDocument"]
