"""Egress: which addresses an action may connect to. The guard against requests to inside.

A step's URL is rendered from findings, so somebody outside may choose it: without a guard the
worker would knock for them at whatever only it can reach. Each address is checked when a socket
for it is made, after the name was resolved: whatever spelling of an address, name, second answer
of a name server or redirect has led there, it is the address that counts.

Public addresses are allowed, and what ``PLAYBOOKS_EGRESS_ALLOW`` names: networks (CIDR), hosts,
and host:port. What the operator names in the actions file itself goes through a session of its
own without this guard (``streams/actions/requests.py``).
"""

import errno
import socket
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

Address = IPv4Address | IPv6Address
AddressInfo = tuple[int, int, int, str, tuple[str | int | bytes, ...]]
"""As ``socket.getaddrinfo`` gives it: family, type, protocol, name, address."""

# Networks in whose addresses an IPv4 address is wrapped, and how far from the right it stands.
_WRAPPING = (
    (IPv6Network("::/96"), 0),  # IPv4-compatible
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("64:ff9b:1::/48"), 0),  # NAT64 of somebody's own
    (IPv6Network("2002::/16"), 80),  # 6to4
)
_NOT_PUBLIC = (
    IPv6Network("2001::/23"),  # protocols' own: Teredo, ORCHID, benchmarking
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("3fff::/20"),  # documentation
    IPv6Network("5f00::/16"),  # segment routing
    IPv6Network("fec0::/10"),  # site-local, given up, yet routed by some
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("168.63.129.16/32"),  # the host of an Azure machine
)
"""What Python's ``is_global`` lets pass, in one of the versions we run on."""

_METADATA = frozenset(map(ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")))
"""Where clouds give credentials to whoever asks: allowed by their own address only."""

_INTERFACE_IDS = (0x0000_5EFE, 0x0200_5EFE)
"""ISATAP: an interface identifier that begins so ends with an IPv4 address."""


class EgressRefused(PermissionError):
    """An address that actions may not connect to."""

    def __init__(self) -> None:
        # Without the address: several of one name are told as one only if all say the same.
        super().__init__(errno.EACCES, "the address is not a public one")


class Egress:
    """Decides by address. Names count only where the operator allows them."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        """allow: CIDR, host or host:port, as ``PLAYBOOKS_EGRESS_ALLOW`` says them."""
        self._networks: list[IPv4Network | IPv6Network] = []
        self._hosts: set[tuple[str, int | None]] = set()
        self._granted: dict[tuple[str, int], set[tuple[Address, int]]] = {}
        for entry in allow:
            try:
                self._networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                self._hosts.add(_host_and_port(entry))

    def allows(self, address: Address, port: int) -> bool:
        """Tell whether actions may connect there."""
        wide = address not in _METADATA
        if is_public(address) or any(
            address in each and (wide or each.num_addresses == 1) for each in self._networks
        ):
            return True
        text = str(address)
        if (text, port) in self._hosts or (text, None) in self._hosts:
            return True
        return any((address, port) in places for places in self._granted.values())

    def socket_factory(self, info: AddressInfo) -> socket.socket:
        """Return a socket for an address that is about to be connected to.

        Raises EgressRefused. For ``aiohttp.TCPConnector(socket_factory=…)``.
        """
        family, kind, protocol, _, place = info
        host, port = str(place[0]), int(place[1])
        # An interface (fe80::1%eth0) only says by which way.
        if not self.allows(ip_address(host.partition("%")[0]), port):
            raise EgressRefused
        return socket.socket(family, kind, protocol)

    def resolver(self) -> AbstractResolver:
        """Return a resolver that notes where the hosts are that are allowed by name."""
        return _Resolver(self)

    def note(self, host: str, port: int, found: Iterable[str]) -> None:
        """Allow the addresses of a host, if the operator allows the host."""
        name = _canonical(host)
        if (name, port) in self._hosts or (name, None) in self._hosts:
            places = {(ip_address(each.partition("%")[0]), port) for each in found}
            self._granted[name, port] = places


class _Resolver(AbstractResolver):
    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        self._egress.note(host, port, (each["host"] for each in found))
        return found

    async def close(self) -> None:
        await self._resolver.close()


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet, and so does one wrapped in it."""
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    if isinstance(address, IPv6Address):
        wrapped = _wrapped(address)
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    for network, shift in _WRAPPING:
        if address in network:
            return IPv4Address((int(address) >> shift) & 0xFFFF_FFFF)
    if (int(address) >> 32) & 0xFFFF_FFFF in _INTERFACE_IDS:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _host_and_port(entry: str) -> tuple[str, int | None]:
    host, colon, port = entry.rpartition(":")
    return (_canonical(host), int(port)) if colon else (_canonical(entry), None)


def _canonical(host: str) -> str:
    host = host.strip("[]").rstrip(".").lower()
    try:
        return str(ip_address(host))
    except ValueError:
        return host
