"""Which network addresses are everybody's, so that nobody has Musubi call its own neighbours."""

import ipaddress

# RFC 6052: an IPv4 address as networks write it that have only IPv6.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# RFC 2765: the same, as translators within a network write it.
_TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")


def is_public(address: str) -> bool:
    """Return whether this is an address of the internet: not of this machine, a private network, a
    link (clouds keep credentials at 169.254.169.254), nor one that holds such an address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _embedded(ip)
        if inner is not None:
            return _is_global(inner)
    return _is_global(ip)


def _is_global(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_global and not (
        ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_link_local
    )


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64 or ip in _TRANSLATED:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
