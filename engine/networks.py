"""Networks and addresses, for the operator ``$cidr``."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def exact(text: str) -> Network:
    """Return the network that an author wrote. ValueError: it is none, or has host bits set."""
    try:
        return _unmapped(ip_network(text))
    except ValueError as error:
        meant = _read(text)
        raise ValueError(f"{error}; did you mean {meant}" if meant else str(error)) from None


def lies_in(text: str, outer: Network) -> bool:
    """Tell whether ``text`` is an address or a network, and lies in ``outer`` as a whole."""
    inner = _read(text)
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return inner is not None and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


class Networks:
    """Many networks, in which a text is looked for by lengths of prefixes, not one by one."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._heads: dict[tuple[int, int], set[int]] = {}
        for each in networks:
            of = self._heads.setdefault((each.version, each.prefixlen), set())
            of.add(_head(each, each.prefixlen))

    def hold(self, text: str) -> bool:
        """Tell whether ``text`` is an address or a network, and lies in one of them as a whole."""
        inner = _read(text)
        return inner is not None and any(
            version == inner.version
            and prefixlen <= inner.prefixlen
            and _head(inner, prefixlen) in heads
            for (version, prefixlen), heads in self._heads.items()
        )


def _head(network: Network, prefixlen: int) -> int:
    """Return the first bits of the addresses of a network."""
    return int(network.network_address) >> (network.max_prefixlen - prefixlen)


@lru_cache(maxsize=1024)
def _read(text: str) -> Network | None:
    """Return the network that ``text`` names, an address being the smallest one."""
    try:
        return _unmapped(ip_network(text, strict=False))
    except ValueError:
        return None


def _unmapped(network: Network) -> Network:
    """Return ``::ffff:10.0.0.1`` as 10.0.0.1: no rule is slipped past by spelling."""
    if isinstance(network, IPv4Network) or network.prefixlen < 96:
        return network
    mapped = network.network_address.ipv4_mapped
    return network if mapped is None else IPv4Network((int(mapped), network.prefixlen - 96))
