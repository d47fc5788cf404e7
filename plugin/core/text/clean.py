"""E-mail and web addresses that people type, and texts that every database takes."""

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

# Roughly what HubSpot takes: one @, a domain with a dot, no blanks.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}", re.IGNORECASE)

# RFC 3986 has no place for them.
_NEVER_IN_URIS = set(" \\<>\"'`{}|^")


def email_address(text: str) -> str:
    text = text.strip().lower()
    return text if len(text) <= 254 and _EMAIL.fullmatch(text) else ""


def is_https(text: str) -> bool:
    parts = whole_address(text)
    if parts is None or parts.username is not None:
        return False
    return parts.scheme == "https" and len(text) <= 2000


def whole_address(text: str) -> SplitResult | None:
    """Return the parts of an address with a host, as it goes over the wire; None: it is none."""
    try:
        parts = urlsplit(text)
        is_named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    is_plain = text.isascii() and text.isprintable() and not set(text) & _NEVER_IN_URIS
    return parts if is_named and is_plain else None


# Platforms nest a handful of levels; deeper values put the stack at risk.
DEEPEST = 128


def storable(value: Any, deepest: int = DEEPEST) -> Any:
    """Return parsed JSON without NUL; halves of surrogate pairs become "?"."""
    # PostgreSQL takes neither in text, SQLite's driver fails on halves, and one of them in a stored
    # event fails every query that reads the events.
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if deepest == 0:
        return None if isinstance(value, dict | list) else value
    if isinstance(value, dict):
        return {storable(name): storable(member, deepest - 1) for name, member in value.items()}
    return [storable(item, deepest - 1) for item in value] if isinstance(value, list) else value


# Spreadsheets run a cell that begins like this as a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
