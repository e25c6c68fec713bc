"""Elastic IP addresses of instances: put on one, on its network interface, or on one that is attached to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from soc2gate.kinds.describe import Companion, Siblings
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.value import Unknown, Value

INSTANCE = "AWS::EC2::Instance"
_INTO = "related.ElasticAddresses"

# Each type of interface to where it names the instance itself, and the type that attaches one to where that names both.
_INTERFACES = {"aws_network_interface": "attachment.instance", "AWS::EC2::NetworkInterface": ""}
_ATTACHMENTS = {
    "aws_network_interface_attachment": ("network_interface_id", "instance_id"),
    "AWS::EC2::NetworkInterfaceAttachment": ("NetworkInterfaceId", "InstanceId"),
}


def own_interfaces(properties: Mapping[str, Value]) -> Sequence[Value]:
    """The network interfaces that exist without the instance, and that an address may be put on instead of it."""
    listed = properties.get("NetworkInterfaces")
    return (
        [one.get("NetworkInterfaceId") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else ()
    )


def _elastic_address(draft: Draft) -> Piece:
    return [draft.ref("public_ip" if draft.format == "terraform" else "PublicIp")]


def _names_something(attribute: str) -> Callable[[Draft], bool]:
    """An address may as well belong to an interface or a gateway, or to nothing yet."""
    return lambda draft: draft.get(attribute) not in (None, "")


def _attached_to(address: Draft, siblings: Siblings, attribute: str) -> Sequence[Value] | None:
    """The instances that the address's network interface is attached to, if this root declares it: none may be."""
    interface = _address_in(address.get(attribute))
    declared = [draft for type_ in _INTERFACES for draft in siblings(type_) if draft.address == interface]
    if not declared:
        return None
    (draft,) = declared
    where = _INTERFACES[draft.type]
    inline = draft.get(where) if where else None
    found: list[Value] = [] if inline is None else [inline]
    for type_, (theirs, instance) in _ATTACHMENTS.items():
        for attachment in siblings(type_):
            named = attachment.get(theirs)
            told = _address_in(named)
            # An id that is written out is that of an interface which exists already.
            if (not told and not isinstance(named, str)) or "[?]" in told:
                return None
            if told == interface:
                found.append(attachment.get(instance))
    return found


def _address_in(value: Value) -> str:
    return value.ref.address if isinstance(value, Unknown) and value.ref is not None else ""


ADDRESSES = (
    *(
        Companion(
            type_,
            INSTANCE,
            target,
            _INTO,
            _elastic_address,
            many=True,
            # An address for an instance of another root says nothing of that instance's own code.
            silent=True,
            when=_names_something(target),
            via=partial(_attached_to, attribute=target) if "nterface" in target else None,
        )
        for type_, target in (
            ("aws_eip", "instance"),
            ("aws_eip_association", "instance_id"),
            ("AWS::EC2::EIP", "InstanceId"),
            ("AWS::EC2::EIPAssociation", "InstanceId"),
            ("aws_eip", "network_interface"),
            ("aws_eip_association", "network_interface_id"),
            ("AWS::EC2::EIPAssociation", "NetworkInterfaceId"),
        )
    ),
    # Read for what they attach; they add nothing themselves.
    *(
        Companion(type_, INSTANCE, target, _INTO, lambda draft: None, many=True, silent=True)
        for type_, target in (*_INTERFACES.items(), *((type_, names[1]) for type_, names in _ATTACHMENTS.items()))
    ),
)
