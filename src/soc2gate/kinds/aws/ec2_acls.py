"""Network ACLs: an ordered list of entries, of which the first that matches decides.

Rules ask about single entries. Those that an ACL writes inline, and all that run, are derived from the ACL; one that is
a resource of its own stands for itself, and is part of its ACL too when code and account are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from soc2gate.facts import replace
from soc2gate.kinds.aws.ec2_rules import cidr, spliced
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.convert import map_value, protocol
from soc2gate.kinds.describe import Call, Companion, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece, open_list
from soc2gate.model.resource import Resource, Where
from soc2gate.model.value import Alternatives, OpenList, Ref, Unknown, Value

ACL = "AWS::EC2::NetworkAcl"
ENTRY = "AWS::EC2::NetworkAclEntry"

_NUMBERS: Mapping[str, int] = {"-1": -1, "tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
_PORTED = (6, 17)
_DEFAULT_OF_VPC = ("default_network_acl_id", "DefaultNetworkAcl")
"""How a VPC names its own ACL."""
_LAST = 32767
"""From here on stand the entries with an asterisk, which deny what no other entry matched: AWS's own."""


def _number(value: Value) -> Value:
    """A protocol as the registry has it here, by number."""

    def convert(plain: Value) -> Value:
        known = _NUMBERS.get(str(plain))
        return plain if known is None else known

    return map_value(protocol(value), convert)


def _lower(value: Value) -> Value:
    return map_value(value, lambda plain: plain.lower() if isinstance(plain, str) else plain)


def _range(value: Value) -> Value:
    """A CIDR block as EC2 keeps it; Terraform writes "" where there is none."""
    return None if value == "" else cidr(value)


def _terraform_entry(block: Block, number: str, action: str) -> dict[str, Piece]:
    spoken = block.convert("protocol", _number)
    entry: dict[str, Piece] = {
        "RuleNumber": block.at(number),
        "Protocol": spoken,
        "RuleAction": block.convert(action, _lower),
        "CidrBlock": block.convert("cidr_block", _range),
        "Ipv6CidrBlock": block.convert("ipv6_cidr_block", _range),
    }
    if spoken is None or not isinstance(spoken.value, int) or spoken.value in _PORTED:
        # The provider sends 0 for what is left out.
        entry["PortRange"] = {"From": block.at("from_port") or 0, "To": block.at("to_port") or 0}
    return entry


def _terraform_acl(draft: Draft) -> None:
    _write_inline(draft)


def _default_acl(draft: Draft) -> None:
    draft.copy("default_network_acl_id", "Id")
    own = draft.get("default_network_acl_id")
    if isinstance(own, Unknown) and own.ref is not None and own.ref.attribute in _DEFAULT_OF_VPC:
        vpc = Ref(own.ref.address, "id")
        draft.set("VpcId", Unknown(f"{vpc} is known after it is deployed", vpc, (str(vpc),), not_null=True))
    else:
        draft.set("VpcId", Unknown("the VPC is the one whose default ACL this is", depends=("VpcId",), not_null=True))
    _write_inline(draft)


def _write_inline(draft: Draft) -> None:
    """`ingress` and `egress`: blocks, or lists of objects."""
    written = [made for name in ("ingress", "egress") if (made := draft.each(name, _inline(name))) is not None]
    if written:
        draft.set("Entries", spliced([part for made in written for part in _parts(made)]))


def _inline(name: str) -> Callable[[Block], Piece]:
    return lambda block: {**_terraform_entry(block, "rule_no", "action"), "Egress": name == "egress"}


def _parts(made: Piece) -> Sequence[Piece]:
    """The elements of what was written; an open list is one, and so is each list that it may be."""
    if isinstance(made, Alternatives):
        return [open_list([], [part for option in made.options for part in _parts(option)], made.reason)]
    if isinstance(made, Unknown):
        return [open_list([], [made], made.reason)]
    if isinstance(made, Sequence) and not isinstance(made, str):
        return made
    return [] if made is None else [made]


def _separate(draft: Draft) -> None:
    for name, piece in _rule(draft).items():
        draft.set(name, piece)
    draft.copy("network_acl_id", "NetworkAclId")


def _rule(draft: Draft) -> dict[str, Piece]:
    return {**_terraform_entry(draft, "rule_number", "rule_action"), "Egress": draft.at("egress") or False}


def _cloudformation_entry(draft: Draft) -> None:
    for name, piece in _written(draft).items():
        if piece is not None:
            draft.set(name, piece)


def _written(block: Block) -> dict[str, Piece]:
    return {
        "RuleNumber": block.at("RuleNumber"),
        "Protocol": block.convert("Protocol", _number),
        "RuleAction": block.convert("RuleAction", _lower),
        "CidrBlock": block.convert("CidrBlock", _range),
        "Ipv6CidrBlock": block.convert("Ipv6CidrBlock", _range),
        "Egress": block.at("Egress") or False,
        "PortRange": block.at("PortRange"),
    }


def _live_acl(live: LiveItem) -> None:
    draft = live.draft
    acl = draft.get("NetworkAclId")
    draft.identity |= {
        "id": acl,
        "arn": f"arn:{live.partition}:ec2:{live.region}:{live.account}:network-acl/{acl}",
    }
    copy_fields(draft, {"Id": "NetworkAclId", "VpcId": "VpcId"})
    looked_at(draft, "Entries", "Entries")
    draft.set("Entries", draft.flat("Entries", lambda block: [_written(block)] if _own(block) else []) or [])
    copy_tags(draft)
    if draft.get("IsDefault") is True:
        # Every VPC has one, and nobody can delete it.
        draft.managed_by = "AWS"


def _own(block: Block) -> bool:
    number = block.get("RuleNumber")
    return not isinstance(number, int) or number < _LAST


def _entries(acl: Resource) -> Sequence[Resource]:
    """The entries that no resource of their own writes, as resources."""
    if acl.partial:
        return ()
    value = acl.properties.get("Entries")
    listed: Sequence[Value] = value if isinstance(value, list) else ()
    more: Sequence[Value] = ()
    if isinstance(value, OpenList):
        listed, more = value.items, value.more
    elsewhere = set(acl.members.values())
    out: list[Resource] = []
    for i, entry in enumerate((*listed, *more)):
        path = f"Entries[{i}]"
        if isinstance(entry, dict) and path not in elsewhere:
            uncertain = value.reason if i >= len(listed) and isinstance(value, OpenList) else ""
            out.append(_entry(acl, path, entry, uncertain, {resource.address for resource in out}))
    return out


def _entry(acl: Resource, path: str, entry: Mapping[str, Value], uncertain: str, taken: set[str]) -> Resource:
    way = "egress" if entry.get("Egress") is True else "ingress"
    number = entry.get("RuleNumber")
    name = f"{way} {number if isinstance(number, int) else '?'}"
    while f"{acl.address} {name}" in taken:
        name += "'"
    places: dict[str, Where] = {
        inner.removeprefix(path).lstrip("."): where
        for inner, where in acl.places.items()
        if inner.startswith(f"{path}.")
    }
    where = acl.places.get(path, acl.where)
    own = acl.identity.get("id")
    identity: dict[str, Value] = {key: acl.identity[key] for key in ("account", "region") if key in acl.identity}
    return replace(
        acl,
        kind=ENTRY,
        address=f"{acl.address} {name}",
        properties={**entry, "NetworkAclId": _id_of(acl)},
        places=places,
        where=where,
        identity={**identity, **({"id": f"{own} {name}"} if isinstance(own, str) else {})},
        related={},
        defaults={},
        initial={},
        notes={},
        uncertain=acl.uncertain or uncertain,
        derived_from=ACL,
        members={},
        tags={},
    )


def _id_of(acl: Resource) -> Value:
    """How others name the ACL; a default one is named by its VPC."""
    written = acl.properties.get("Id")
    if isinstance(written, str) or (isinstance(written, Unknown) and written.ref is not None):
        return written
    return acl.identity.get("id")


# Which entries stand in one list


def _others(entry: Resource, entries: Sequence[Resource]) -> Sequence[Resource]:
    """The other entries that are, or may be, of the same ACL."""
    return [other for other in entries if other is not entry and _same_acl(entry, other) is not False]


def _doubt(entry: Resource, other: Resource) -> str:
    return "" if _same_acl(entry, other) else f"{other.address} may be an entry of the same ACL"


def _same_acl(entry: Resource, other: Resource) -> bool | None:
    one, two = entry.properties.get("NetworkAclId"), other.properties.get("NetworkAclId")
    if isinstance(one, str) and isinstance(two, str):
        return one == two
    if isinstance(one, Unknown) and isinstance(two, Unknown) and one.ref is not None and two.ref is not None:
        if one.ref.address != two.ref.address:
            return False
        # A VPC's own ACL goes by an attribute of the VPC, an ACL by any that is its id.
        return (one.ref.attribute in _DEFAULT_OF_VPC) == (two.ref.attribute in _DEFAULT_OF_VPC)
    if isinstance(one, Unknown) and one is two:
        return True
    named = [value for value in (one, two) if isinstance(value, str) or (isinstance(value, Unknown) and value.ref)]
    return False if len(named) == 2 else None


_NO_ENTRIES = Default("Entries", [], "a new network ACL has no entries of its own: it denies everything", kept=False)

NETWORK_ACL = Kind(
    name=ACL,
    title="network ACL",
    terraform=(
        Spelling(
            "aws_network_acl",
            fields={"vpc_id": "VpcId"},
            build=_terraform_acl,
            defaults=(_NO_ENTRIES,),
            exports={"id": "id", "arn": "arn"},
        ),
        Spelling(
            "aws_default_network_acl",
            build=_default_acl,
            defaults=(
                Default(
                    "Entries", [], "aws_default_network_acl removes every entry when it adopts the ACL", kept=False
                ),
            ),
            exports={"id": "id", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling(ACL, defaults=(_NO_ENTRIES,), exports={"Ref": "id", "Id": "id"}),
    companions=(
        # Each stands for itself as well: see the entry's own kind.
        Companion(
            "aws_network_acl_rule",
            ACL,
            "network_acl_id",
            "Entries",
            lambda draft: [_rule(draft)],
            many=True,
            silent=True,
        ),
        Companion(ENTRY, ACL, "NetworkAclId", "Entries", lambda draft: [_written(draft)], many=True, silent=True),
    ),
    live=LiveSpelling(
        enumerate=Call(
            "ec2", "describe_network_acls", "ec2:DescribeNetworkAcls", {"MaxResults": 1000}, result="NetworkAcls"
        ),
        build=_live_acl,
    ),
    derives=_entries,
    parts={ENTRY: "Entries"},
    # Ours, and readable on both sides. Their numbers order them, wherever they are written.
    compared=("Entries",),
    unordered=("Entries",),
)

NETWORK_ACL_ENTRY = Kind(
    name=ENTRY,
    title="network ACL entry",
    terraform=(Spelling("aws_network_acl_rule", build=_separate),),
    cloudformation=Spelling(
        ENTRY,
        build=_cloudformation_entry,
        defaults=(Default("Egress", False, "an entry is for what comes in unless it says otherwise"),),
    ),
    links={"Siblings": Link(ENTRY, find=_others, doubt=_doubt)},
    part_of=ACL,
)
