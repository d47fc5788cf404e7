"""Proxies in front of Musubi: which are trusted, and the client address they report."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# One household, or one phone, has a /64 of IPv6.
IPV6_PREFIX = 64


def networks(text: str, problems: list[str]) -> tuple[Network, ...]:
    parts = (part.strip() for part in text.split(","))
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in parts if part)
    except ValueError:
        problems.append(f"TRUSTED_PROXIES must be addresses or networks (10.0.0.0/8), not {text!r}")
        return ()


def visitor_network(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the network whose visits are counted together; "" where it is unknown.

    `forwarded`: the header `X-Forwarded-For`, read from the right while trusted proxies wrote it.
    """
    for text in (peer, *reversed(forwarded.split(","))):
        address = _address(text)
        if address is None:
            return ""
        # A private address is an undeclared proxy or a neighbour: limiting it would hit everybody.
        if not any(address in network for network in trusted):
            return "" if not address.is_global else _group(address)
    return ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse the spellings of proxies too: with a port, in brackets, IPv4 mapped into IPv6."""
    text = text.strip().strip('"')
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _group(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
