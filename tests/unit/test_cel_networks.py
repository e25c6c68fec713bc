"""Who firewall rules admit, and to which ports."""

from __future__ import annotations

from typing import Any

import pytest

from soc2gate.cel.networks import covers_all_ports, covers_port, open_to_internet, source
from soc2gate.model.value import OpenMap, Text, Unknown, Value

HIDDEN = Unknown("variable “x” has no default", None, ("var.x",))


def settled(answer: Value) -> bool | None:
    return answer if isinstance(answer, bool) else None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"CidrIp": "0.0.0.0/0"}, True),
        ({"CidrIpv6": "::/0"}, True),
        ({"CidrIp": "0.0.0.0/1"}, True),
        ({"CidrIp": "128.0.0.0/1"}, True),
        ({"CidrIpv6": "8000::/1"}, True),
        ({"CidrBlock": "0.0.0.0/0"}, True),
        ({"CidrIp": "10.0.0.0/8"}, False),
        ({"CidrIp": "1.2.3.4/32"}, False),
        ({"CidrIp": "10.0.0.0/10"}, False),
        ({"CidrIp": "0.0.0.0"}, False),
        ({"SourcePrefixListId": "pl-1"}, False),
        ({"SourceSecurityGroupId": HIDDEN}, False),
        ({}, False),
        ({"CidrIp": HIDDEN}, None),
        ({"CidrIp": HIDDEN, "CidrIpv6": "::/0"}, True),
        ({"CidrIp": Text((HIDDEN, "/32"))}, False),
        ({"CidrIp": Text((HIDDEN, "/0"))}, True),
        ({"CidrIp": Text(("10.0.0.0/", HIDDEN))}, None),
        ({"CidrIp": Text(("10.0.0.0/2", HIDDEN))}, False),
        ({"CidrIp": Unknown("later", prefix="10.0.0.0/24")}, False),
        (OpenMap({"CidrIp": "0.0.0.0/0"}, HIDDEN, "open"), True),
        (OpenMap({"CidrIp": "10.0.0.0/8"}, HIDDEN, "open"), None),
        (HIDDEN, None),
    ],
)
def test_what_the_internet_is(rule: Value, expected: bool | None) -> None:
    assert settled(open_to_internet(rule)) is expected


@pytest.mark.parametrize(
    ("rule", "ssh", "everything"),
    [
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}, True, False),
        ({"IpProtocol": "6", "FromPort": 20, "ToPort": 30}, True, False),
        ({"IpProtocol": "TCP", "FromPort": 22, "ToPort": 22}, True, False),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}, False, False),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, True, True),
        ({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65535}, True, True),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 0}, False, False),
        ({"IpProtocol": "tcp", "FromPort": -1, "ToPort": -1}, True, True),
        ({"IpProtocol": "tcp"}, True, True),
        ({"IpProtocol": "udp", "FromPort": 22, "ToPort": 22}, False, False),
        ({"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535}, False, True),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, False, False),
        ({"IpProtocol": "-1"}, True, True),
        ({"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}, True, True),
        ({"IpProtocol": "all"}, True, True),
        ({"Protocol": 6, "PortRange": {"From": 22, "To": 22}}, True, False),
        ({"Protocol": -1}, True, True),
        ({"IpProtocol": "tcp", "FromPort": HIDDEN, "ToPort": 65535}, None, None),
        ({"IpProtocol": "tcp", "FromPort": HIDDEN, "ToPort": 21}, False, False),
        ({"IpProtocol": "tcp", "FromPort": 23, "ToPort": HIDDEN}, False, False),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": HIDDEN}, None, None),
        ({"IpProtocol": HIDDEN, "FromPort": 443, "ToPort": 443}, None, None),
        ({"IpProtocol": "-1", "FromPort": HIDDEN}, True, True),
        ({"FromPort": 22, "ToPort": 22}, None, None),
        (OpenMap({"IpProtocol": "tcp"}, HIDDEN, "open"), None, None),
        (OpenMap({"IpProtocol": "-1"}, HIDDEN, "open"), True, True),
        (HIDDEN, None, None),
    ],
)
def test_which_ports_a_rule_covers(rule: Value, ssh: bool | None, everything: bool | None) -> None:
    assert settled(covers_port(rule, 22)) is ssh
    assert settled(covers_all_ports(rule)) is everything


def test_a_port_that_is_not_known_is_not_covered_for_certain() -> None:
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 100}
    assert covers_port(rule, HIDDEN) == HIDDEN


def test_the_source_is_what_the_rule_says() -> None:
    assert source({"CidrIpv6": "::/0"}) == "::/0"
    assert source({"CidrIp": "", "SourcePrefixListId": "pl-1"}) == "pl-1"
    assert source({"CidrIp": HIDDEN}) == HIDDEN
    assert source({}) == ""
