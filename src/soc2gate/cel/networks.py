"""Who a firewall rule admits, and to which ports: security group rules and network ACL entries in the normal form."""

from __future__ import annotations

from soc2gate.cel import text
from soc2gate.cel.functions import CIDR_PROPERTIES, SOURCE_PROPERTIES
from soc2gate.cel.operations import unknown_of
from soc2gate.model.value import OpenMap, Text, Unknown, Value

_INTERNET = ("/0", "/1")
"""Half of all addresses is the internet for everybody who is not at home there; two rules of /1 are all of it."""
_ALL = ("-1", "all")
_TCP = ("6", "tcp")
_UDP = ("17", "udp")
_LAST_PORT = 65535
_MISSING = Unknown("the rule names no protocol")


def _entries(rule: Value) -> dict[str, Value] | Unknown:
    """The rule's properties; unknown where it is not known which rule it is."""
    if isinstance(rule, dict):
        return rule
    if isinstance(rule, OpenMap):
        return dict(rule.items)
    return unknown_of(rule) or Unknown("this is not a firewall rule")


def open_to_internet(rule: Value) -> bool | Unknown:
    """Whether the rule admits the internet: a CIDR of /1 or shorter, IPv4 or IPv6."""
    entries = _entries(rule)
    if isinstance(entries, Unknown):
        return entries
    unknown: Unknown | None = None
    for name in CIDR_PROPERTIES:
        cidr = entries.get(name)
        if cidr.__class__ is str:
            if cidr.endswith(_INTERNET):
                return True
        elif cidr is not None:
            answer = is_internet(cidr)
            if answer is True:
                return True
            if answer is not False:
                unknown = unknown or answer
    if unknown is None and isinstance(rule, OpenMap):
        return Unknown(rule.reason)
    return False if unknown is None else unknown


def is_internet(cidr: Value) -> bool | Unknown:
    """Whether a CIDR is /1 or shorter; a partly known one is decided by its mask."""
    if isinstance(cidr, str):
        return cidr.endswith(_INTERNET)
    blocked = unknown_of(cidr)
    if blocked is None:
        return Unknown("this is not a CIDR")
    if isinstance(cidr, (Text, Unknown)):
        literals = text.shape_of(cidr).literals
        if "/" in literals[-1]:
            return literals[-1].endswith(_INTERNET)
        mask = literals[0].partition("/")[2]
        if mask and mask[0] not in "01":
            return False
    return blocked


def _protocol(entries: dict[str, Value]) -> str | Unknown:
    """The protocol in lower case; an unknown that rules none out."""
    found = entries.get("IpProtocol")
    if found is None:
        found = entries.get("Protocol")
    if isinstance(found, str):
        return found.lower()
    if isinstance(found, int):
        return str(found)
    return _MISSING if found is None else unknown_of(found) or _MISSING


def _bounds(entries: dict[str, Value]) -> tuple[int | Unknown, int | Unknown]:
    """The first and the last port. An absent bound leaves that end open, and -1 says the same."""
    first, last = entries.get("FromPort"), entries.get("ToPort")
    ports = entries.get("PortRange")
    if ports is not None:
        inner = _entries(ports)
        if isinstance(inner, Unknown):
            return inner, inner
        first, last = inner.get("From"), inner.get("To")
    return _port(first, 0), _port(last, _LAST_PORT)


def _port(value: Value, otherwise: int) -> int | Unknown:
    if value is None or value == -1:
        return otherwise
    if value.__class__ is int:
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return unknown_of(value) or Unknown(f"not a port: {value}")


def covers_port(rule: Value, port: Value) -> bool | Unknown:
    """Whether TCP traffic to `port` is among what the rule speaks of."""
    if isinstance(rule, dict) and rule.get("IpProtocol") == "tcp" and isinstance(port, int):
        # Nearly every rule, and asked of every rule: settled without the detours that unknowns need.
        first, last = rule.get("FromPort"), rule.get("ToPort")
        if isinstance(first, int) and isinstance(last, int) and first >= 0 and last >= 0:
            return first <= port <= last
    entries = _entries(rule)
    if isinstance(entries, Unknown):
        return entries
    if not isinstance(port, int):
        return unknown_of(port) or Unknown("the port asked about is not a number")
    if isinstance(rule, OpenMap) and not _complete(entries):
        return Unknown(rule.reason)
    protocol = _protocol(entries)
    if protocol in _ALL:
        return True
    if isinstance(protocol, str) and protocol not in _TCP:
        return False
    first, last = _bounds(entries)
    inside = _reaches(first, port, last)
    if isinstance(protocol, str):
        return inside
    # All protocols would ignore the range, others would not; TCP decides by it.
    return protocol


def _complete(entries: dict[str, Value]) -> bool:
    """Whether nothing that further properties could say would matter."""
    protocol = _protocol(entries)
    return protocol in _ALL or ("FromPort" in entries and "ToPort" in entries and protocol is not _MISSING)


def _reaches(first: int | Unknown, port: int, last: int | Unknown) -> bool | Unknown:
    if isinstance(first, int) and first > port:
        return False
    if isinstance(last, int) and last < port:
        return False
    if isinstance(first, Unknown):
        return first
    return last if isinstance(last, Unknown) else True


def covers_all_ports(rule: Value) -> bool | Unknown:
    """Whether the rule speaks of every protocol, or of every port of TCP or UDP."""
    entries = _entries(rule)
    if isinstance(entries, Unknown):
        return entries
    if isinstance(rule, OpenMap) and not _complete(entries):
        return Unknown(rule.reason)
    protocol = _protocol(entries)
    if protocol in _ALL:
        return True
    if isinstance(protocol, str) and protocol not in _TCP + _UDP:
        return False
    if isinstance(protocol, Unknown):
        return protocol
    first, last = _bounds(entries)
    # Port 0 carries nothing, so 1 to 65535 are all there are.
    if (isinstance(first, int) and first > 1) or (isinstance(last, int) and last < _LAST_PORT):
        return False
    if isinstance(first, Unknown):
        return first
    return last if isinstance(last, Unknown) else True


def source(rule: Value) -> Value:
    """Where the rule admits traffic from, as it is written; empty where it does not say."""
    entries = _entries(rule)
    if isinstance(entries, Unknown):
        return entries
    for name in SOURCE_PROPERTIES:
        found = entries.get(name)
        if found is not None and found != "":
            return found
    return Unknown(rule.reason) if isinstance(rule, OpenMap) else ""
