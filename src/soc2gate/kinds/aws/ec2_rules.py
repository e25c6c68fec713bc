"""Security group rules, from every way of writing them to one element per rule and peer.

The registry's `Ingress` names one peer: a CIDR, a prefix list or a group. Terraform's blocks and the API's permissions
name several at once; they are taken apart here, the same way on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from soc2gate.kinds.convert import map_value, protocol
from soc2gate.kinds.draft import At, Block, Draft, Piece, open_list
from soc2gate.model.value import Alternatives, OpenList, Text, Unknown, Value
from soc2gate.patterns import regex

PORTED = ("tcp", "udp", "icmp", "icmpv6")
"""Protocols for which ports (types and codes) mean something; any other opens them all, whatever is written.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html"""

_PLAIN_CIDR = regex(r"^(\d+\.){3}\d+/(0|32)$|^::/0$")


def cidr(value: Value) -> Value:
    """A CIDR as EC2 keeps it: host bits cleared, IPv6 in its short form."""
    if isinstance(value, Text):
        # `${aws_eip.nat.public_ip}/32` says how wide it is, though not where.
        return value

    def convert(plain: Value) -> Value:
        text = str(plain).strip()
        if _PLAIN_CIDR.match(text):
            return "0.0.0.0/0" if text.endswith("/0") and "." in text else text
        # Only unusual spellings pay for the import.
        import ipaddress

        try:
            return str(ipaddress.ip_network(text, strict=False))
        except ValueError:
            return text

    return map_value(value, convert)


class Direction:
    """How the two directions name the far end."""

    __slots__ = ("group", "path", "prefix_list")

    def __init__(self, path: str, group: str, prefix_list: str) -> None:
        self.path = path
        self.group = group
        self.prefix_list = prefix_list


INGRESS = Direction("SecurityGroupIngress", "SourceSecurityGroupId", "SourcePrefixListId")
EGRESS = Direction("SecurityGroupEgress", "DestinationSecurityGroupId", "DestinationPrefixListId")


def ports(block: Block, from_port: str, to_port: str, protocol_name: str) -> dict[str, Piece]:
    """Protocol and ports; ports are left out where the protocol has none."""
    spoken = block.convert(protocol_name, protocol)
    rule: dict[str, Piece] = {"IpProtocol": spoken}
    if spoken is None or not isinstance(spoken.value, str) or spoken.value in PORTED:
        rule["FromPort"] = block.at(from_port)
        rule["ToPort"] = block.at(to_port)
    return rule


def peers(block: Block, attribute: str, rule: Mapping[str, Piece], name: str) -> list[Piece]:
    """One element per peer in a list attribute. Peers that are not known leave the list open, with a template."""
    value = block.get(attribute)
    if value is None:
        return []
    convert = cidr if name.startswith("Cidr") else _same

    def element(peer: Value, path: str) -> Piece:
        return {**rule, name: block.made(convert(peer), path)}

    if isinstance(value, list):
        return [element(v, f"{attribute}[{i}]") for i, v in enumerate(value) if v is not None]
    if isinstance(value, OpenList):
        known = [element(v, f"{attribute}[{i}]") for i, v in enumerate(value.items)]
        start = len(value.items)
        more = [element(v, f"{attribute}[{start + i}]") for i, v in enumerate(value.more)]
        return [*known, open_list([], more, value.reason)]
    if isinstance(value, Alternatives):
        options = [v for option in value.options for v in (option if isinstance(option, list) else [option])]
        return [open_list([], [element(v, attribute) for v in options if v is not None], value.reason)]
    if isinstance(value, Unknown):
        return [_open(element(Unknown(value.reason, depends=value.depends), attribute), value.reason)]
    return [element(value, attribute)]


def peer(block: Block, attribute: str, rule: Mapping[str, Piece], name: str) -> list[Piece]:
    """The element for the one peer an attribute names; a reference to a group stays one."""
    found = block.at(attribute)
    return [] if found is None or found.value == "" else [{**rule, name: found}]


def itself(block: Block, attribute: str, rule: Mapping[str, Piece], name: str, own_id: Piece) -> list[Piece]:
    """The element for `self = true`: the group may talk to itself."""
    value = block.get(attribute)
    if value is None or value is False or value == "false":
        return []
    element: Piece = {**rule, name: own_id}
    if value is True or value == "true":
        return [element]
    return [_open(element, f"whether {attribute} is set is not known")]


def spliced(piece: Piece) -> Piece:
    """A list whose elements may be open lists, as one list that is open where they were."""
    if isinstance(piece, Alternatives):
        return Alternatives(tuple(cast("Value", spliced(option)) for option in piece.options), piece.reason)
    if isinstance(piece, OpenList):
        return _spliced([*piece.items], [*piece.more], piece.reason)
    if isinstance(piece, Sequence) and not isinstance(piece, str):
        return _spliced(piece, [], "")
    return piece


def _spliced(items: Sequence[Piece], more: Sequence[Piece], reason: str) -> Piece:
    known: list[Piece] = []
    open_ends: list[Piece] = []
    for item in items:
        if isinstance(item, OpenList):
            known.extend(item.items)
            open_ends.extend(item.more)
            reason = reason or item.reason
        else:
            known.append(item)
    for template in more:
        open_ends.extend((*template.items, *template.more) if isinstance(template, OpenList) else (template,))
    return open_list(known, open_ends, reason) if open_ends else known


def _open(template: Piece, reason: str) -> Piece:
    return open_list([], [template], reason)


def _same(value: Value) -> Value:
    return value


# Terraform


def inline(draft: Draft, attribute: str, direction: Direction) -> None:
    """`ingress` and `egress` of aws_security_group: blocks, or a list of objects (`ingress = []`)."""
    own_id = draft.ref("id")

    def explode(block: Block) -> Sequence[Piece]:
        rule = {**ports(block, "from_port", "to_port", "protocol"), "Description": _text(block, "description")}
        return [
            *peers(block, "cidr_blocks", rule, "CidrIp"),
            *peers(block, "ipv6_cidr_blocks", rule, "CidrIpv6"),
            *peers(block, "prefix_list_ids", rule, direction.prefix_list),
            *peers(block, "security_groups", rule, direction.group),
            *itself(block, "self", rule, direction.group, own_id),
        ]

    draft.set(direction.path, spliced(draft.flat(attribute, explode)))


def separate(draft: Draft, direction: Direction) -> Piece:
    """The elements of an aws_security_group_rule."""
    rule = {**ports(draft, "from_port", "to_port", "protocol"), "Description": _text(draft, "description")}
    return spliced(
        [
            *peers(draft, "cidr_blocks", rule, "CidrIp"),
            *peers(draft, "ipv6_cidr_blocks", rule, "CidrIpv6"),
            *peers(draft, "prefix_list_ids", rule, direction.prefix_list),
            *peer(draft, "source_security_group_id", rule, direction.group),
            *itself(draft, "self", rule, direction.group, draft.at("security_group_id")),
        ]
    )


def single(draft: Draft, direction: Direction) -> Piece:
    """The element of an aws_vpc_security_group_ingress_rule or …_egress_rule: one peer each."""
    return [
        {
            **ports(draft, "from_port", "to_port", "ip_protocol"),
            "Description": _text(draft, "description"),
            "CidrIp": draft.convert("cidr_ipv4", cidr),
            "CidrIpv6": draft.convert("cidr_ipv6", cidr),
            direction.prefix_list: draft.at("prefix_list_id"),
            direction.group: draft.at("referenced_security_group_id"),
        }
    ]


# CloudFormation

_KEPT = (
    "Description",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
)


def written(block: Block) -> Piece:
    """One rule as CloudFormation writes it, inline or as a resource of its own."""
    rule = ports(block, "FromPort", "ToPort", "IpProtocol")
    rule["CidrIp"] = block.convert("CidrIp", cidr)
    rule["CidrIpv6"] = block.convert("CidrIpv6", cidr)
    for name in _KEPT:
        if name not in ("SourceSecurityGroupOwnerId",) or block.get(name) != block.source.account:
            rule[name] = block.at(name)
    return rule


# Live


def permissions(draft: Draft, field: str, direction: Direction) -> Piece:
    """`IpPermissions` and `IpPermissionsEgress` of DescribeSecurityGroups."""
    shapes = (
        ("IpRanges", "CidrIp", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
        ("PrefixListIds", "PrefixListId", direction.prefix_list),
        ("UserIdGroupPairs", "GroupId", direction.group),
    )

    def explode(block: Block) -> Sequence[Piece]:
        rule = ports(block, "FromPort", "ToPort", "IpProtocol")
        elements: list[Piece] = []
        for listed, key, name in shapes:
            made = block.each(listed, _peer(rule, key, name, draft.account))
            elements.extend(made if isinstance(made, list) else [])
        return elements

    found = draft.flat(field, explode)
    return sorted(found, key=_order) if isinstance(found, list) else found


def _peer(rule: Mapping[str, Piece], key: str, name: str, account: Value) -> Callable[[Block], Piece]:
    def build(block: Block) -> Piece:
        # AWS answers in one spelling; a simulation or an old record may not.
        peer = block.convert(key, cidr) if key.startswith("Cidr") else block.at(key)
        element: dict[str, Piece] = {**rule, name: peer, "Description": _text(block, "Description")}
        owner = block.get("UserId")
        if name == INGRESS.group and owner not in (None, "", account):
            element["SourceSecurityGroupOwnerId"] = block.at("UserId")
        return element

    return build


def _order(element: Piece) -> str:
    """Any order will do that is the same for the same rules."""
    if not isinstance(element, Mapping):
        return ""
    told = {key: part.value if isinstance(part, At) else part for key, part in element.items()}
    return repr(sorted((key, str(value)) for key, value in told.items() if value is not None))


def _text(block: Block, name: str) -> At | None:
    """An empty description is none."""
    found = block.at(name)
    return None if found is None or found.value == "" else found
