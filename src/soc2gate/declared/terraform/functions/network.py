"""Functions over IP ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, Union

from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.values import STRING, EvaluationError, TfList, UnsupportedError, Val

if TYPE_CHECKING:
    import ipaddress

    Network: TypeAlias = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def _network(prefix: str) -> Network:
    import ipaddress

    try:
        if "/" not in prefix:
            raise ValueError("no prefix length")
        # Go takes addresses with leading zeros and with host bits set.
        address, _, length = prefix.partition("/")
        if ":" not in address:
            address = ".".join(str(int(part)) if part.isdigit() else part for part in address.split("."))
        if not length.isdigit():
            raise ValueError("no prefix length")
        return ipaddress.ip_network(f"{address}/{length}", strict=False)
    except ValueError as error:
        raise EvaluationError(f"“{prefix}” is not an IP range") from error


def _host(prefix: str, number: int) -> str:
    network = _network(prefix)
    size = network.num_addresses
    if number >= size or number < -size:
        raise EvaluationError(f"a range of prefix length {network.prefixlen} has no host {number}")
    return str(network[number])


def _netmask(prefix: str) -> str:
    network = _network(prefix)
    if network.version == 6:
        raise EvaluationError("IPv6 ranges have no netmask")
    return str(network.netmask)


def _part(network: Network, length: int, number: int) -> Network:
    shift = network.max_prefixlen - length
    base = int(network.network_address) + (number << shift)
    return type(network)((base, length))


def _subnet(prefix: str, bits: int, number: int) -> str:
    network = _network(prefix)
    length = network.prefixlen + bits
    if bits < 0 or number < 0:
        # Terraform answers something, but nothing anybody would want.
        raise UnsupportedError("numbers below zero have no meaning here")
    if length > network.max_prefixlen:
        raise EvaluationError(f"the prefix cannot be made {bits} bits longer")
    if number >= 1 << bits:
        raise EvaluationError(f"{bits} bits cannot hold the network number {number}")
    return str(_part(network, length, number))


def _subnets(prefix: str, *bits: int) -> Val:
    network = _network(prefix)
    found: list[Val] = []
    at = int(network.network_address)
    end = at + network.num_addresses
    for each in bits:
        length = network.prefixlen + each
        if each < 1 or length > network.max_prefixlen:
            raise EvaluationError(f"the prefix cannot be made {each} bits longer")
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > end:
            raise EvaluationError("the range is too small for these subnets")
        found.append(str(type(network)((at, length))))
        at += size
    return TfList(found, STRING)


def _contains(prefix: str, inner: str) -> bool:
    import ipaddress

    outer = _network(prefix)
    try:
        other = _network(inner) if "/" in inner else ipaddress.ip_network(inner)
    except ValueError as error:
        raise EvaluationError(f"“{inner}” is neither an address nor a range") from error
    if outer.version != other.version:
        raise EvaluationError("the two are of different IP versions")
    return int(outer.network_address) <= int(other.network_address) and int(other.broadcast_address) <= int(
        outer.broadcast_address
    )


TABLE: Mapping[str, Function] = {
    "cidrhost": Function(_host, "si"),
    "cidrnetmask": Function(_netmask, "s"),
    "cidrsubnet": Function(_subnet, "sii"),
    "cidrsubnets": Function(_subnets, "si*"),
    "cidrcontains": Function(_contains, "ss"),
}
