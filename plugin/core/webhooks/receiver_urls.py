"""The addresses to which Musubi may send what it knows."""

import socket
from urllib.parse import urlsplit

from plugin.core.security.public_networks import is_public
from plugin.core.text.clean import storable, whole_address
from plugin.core.text.sentences import Sentence
from plugin.core.text.uris import uri_of

LONGEST_URL = 2000
PRIVATE = Sentence(
    "The address is in a private network, which Musubi does not call. Whoever runs Musubi may allow"
    " it with WEBHOOK_PRIVATE_NETWORKS."
)


class UnfitUrl(ValueError):
    """Says in words why nothing is sent to an address."""

    def __init__(self, problem: Sentence) -> None:
        super().__init__(str(problem))
        self.problem = problem


def receiver_url(typed: str, own_url: str, *, private_allowed: bool) -> str:
    """Return the address as it goes over the wire, or raise `UnfitUrl`. `own_url`: Musubi's own,
    to which it never sends anything."""
    url = uri_of(storable(typed.strip()))
    parts = whole_address(url)
    if parts is None:
        raise UnfitUrl(Sentence("Type a whole address, such as https://example.com/webhooks."))
    if len(url) > LONGEST_URL:
        raise UnfitUrl(Sentence("The address is longer than %(most)d signs.", most=LONGEST_URL))
    own = urlsplit(own_url)
    host = str(parts.hostname)
    if (host, _port(parts.scheme, parts.port)) == (own.hostname, _port(own.scheme, own.port)):
        raise UnfitUrl(Sentence("This is Musubi's own address. Name the other tool's."))
    _check_network(parts.scheme.lower(), host, private_allowed=private_allowed)
    if "@" in parts.netloc or parts.fragment:
        raise UnfitUrl(
            Sentence("Leave out names, passwords and what follows a #: receivers never see them.")
        )
    return url


def _check_network(scheme: str, host: str, *, private_allowed: bool) -> None:
    """A name is looked up at each call; what is private by itself is refused at once."""
    if scheme not in ("http", "https"):
        raise UnfitUrl(Sentence("The address must begin with https://."))
    if private_allowed:
        return
    if _is_private(host):
        raise UnfitUrl(PRIVATE)
    if scheme == "http":
        raise UnfitUrl(
            Sentence(
                "The address must begin with https://. Whoever runs Musubi may allow http:// with"
                " WEBHOOK_PRIVATE_NETWORKS."
            )
        )


def _is_private(host: str) -> bool:
    """Whether this is an IP address that is not of the internet, or this machine's name."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        # Short, octal and hexadecimal forms as well: resolvers take 127.1 and 0x7f000001.
        return not is_public(socket.inet_ntoa(socket.inet_aton(name)))
    except OSError:
        return ":" in name and not is_public(name)


def _port(scheme: str, port: int | None) -> int:
    return port or (443 if scheme.lower() == "https" else 80)
