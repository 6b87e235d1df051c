"""Networks of IP addresses: who is in one, and which addresses count as one origin."""

import ipaddress
from collections.abc import Iterable
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAPPED: Final = 96
"""Bits in front of the IPv4 address in an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2)."""
SITE: Final = 64
"""Bits of an IPv6 address that one customer is given at least: whoever has one address behind them has all."""


class Networks:
    """A set of networks, given as ``"10.0.0.0/8"``, ``"2001:db8::/32"`` or single addresses.

    ``host in networks`` takes the text of an address. An IPv4-mapped IPv6 address (``::ffff:10.0.0.1``), which a
    listener for both families sees, is the IPv4 address; so is a network of such. What is no address is in no network.
    Raises ValueError for a text that is no network, or that has bits set behind its prefix.
    """

    __slots__ = ("_networks",)

    def __init__(self, networks: Iterable[str]) -> None:
        if isinstance(networks, str):
            raise ValueError(f"networks: {networks!r} is one text; a collection of them is wanted")
        self._networks = tuple(_network(each) for each in networks)

    def __contains__(self, host: str) -> bool:
        address = parse_address(host)
        return address is not None and any(address in network for network in self._networks)

    def __repr__(self) -> str:
        return f"Networks({', '.join(map(str, self._networks))})"


def parse_address(host: str) -> Address | None:
    """The address that a text says, an IPv4-mapped one as IPv4; None where it says none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: a loopback address, or localhost (RFC 6761). Other names may lead anywhere."""
    address = parse_address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def origin_of(host: str) -> str:
    """What counts as one address: an IPv4 address, or the network of 64 bits that an IPv6 address is in."""
    address = parse_address(host)
    if address is None:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((int(address), SITE), strict=False))


def _network(text: str) -> Network:
    network = ipaddress.ip_network(text)
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= MAPPED:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - MAPPED))
    return network
