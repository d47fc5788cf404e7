"""The formats of settings' values."""

import base64
import ipaddress
import re
from email.utils import parseaddr
from urllib.parse import urlsplit

SHORTEST_SECRET = 32
# A secret with fewer distinct characters is a pattern, not random.
FEWEST_SIGNS = 10
# Values from examples and old guides.
GUESSED = re.compile(r"change.?me|your.?secret|secret.?key|example|password|qwerty", re.IGNORECASE)


def is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.query
        )
    except ValueError:
        return False


def is_loopback(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_weak(secret: str) -> bool:
    unguessed = GUESSED.sub("", secret)
    return len(unguessed) < SHORTEST_SECRET or len(set(unguessed)) < FEWEST_SIGNS


def is_fernet_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        return False


def is_mail_server(url: str) -> bool:
    """Accept `smtps://user:password@host`, or smtp, unencrypted only without a password."""
    try:
        parts = urlsplit(url)
        plain = parts.query == "tls=off" and parts.scheme == "smtp" and not parts.username
        return (
            parts.scheme in ("smtp", "smtps")
            and bool(parts.hostname)
            and parts.port != 0
            and parts.path in ("", "/")
            and (plain or not parts.query)
        )
    except ValueError:
        return False


def is_sender(text: str) -> bool:
    name, _, domain = parseaddr(text)[1].rpartition("@")
    return bool(name) and "." in domain and text.isprintable()
