"""Addresses that people type: of mail, and of the web."""

import re
from urllib.parse import urlsplit

# What HubSpot takes, roughly: one @, a domain with a dot, no blanks.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}", re.IGNORECASE)


def email_address(text: str) -> str:
    """The address in lower case, or "" where it cannot be one."""
    text = text.strip().lower()
    return text if len(text) <= 254 and _EMAIL.fullmatch(text) else ""


def is_https(text: str) -> bool:
    """Whether this is a whole https address without a name or a password in it."""
    try:
        parts = urlsplit(text)
        named = parts.username is None and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and not set(text) & set(" \\<>\"'`{}|^")
    return parts.scheme == "https" and named and plain and len(text) <= 2000
