"""The addresses in LINE messages that a tap opens, and which of them may lead over us."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from plugin.core.action_checks import URI_LIMIT
from plugin.core.flex_checks import is_too_big
from plugin.core.message_part import is_address, utf16_length

Message = dict[str, Any]
# Turns an address of a message into the one that stands in its place.
Wrap = Callable[[str], str]
# Only under its own address does LINE open a LIFF app, a chat, or "add friend" by itself.
LINE_HOSTS = ("line.me", "lin.ee")
# The members that hold an address: of an action, of what a computer opens in its place, of an
# imagemap's areas and its video's link.
HELD = ("uri", "desktop", "linkUri")


def tracked(messages: Sequence[Message], wrap: Wrap) -> list[Message]:
    """The messages with every address that a tap opens wrapped; what was given stays as it is.

    A flex message that would grow beyond LINE's size keeps its own addresses.
    """
    return [_tracked(message, wrap) for message in messages]


def addresses_of(messages: Sequence[Message]) -> list[str]:
    """Every address that a tap opens, in order."""
    found: list[str] = []

    def note(url: str) -> str:
        found.append(url)
        return url

    _replaced(list(messages), note)
    return found


def personal_addresses(raw: Sequence[Message], filled: Sequence[Message]) -> set[str]:
    """Those of the filled messages in which a token stood: they hold the contact's own words."""
    pairs = zip(addresses_of(raw), addresses_of(filled), strict=True)
    return {url for before, url in pairs if has_token(before)}


def has_token(url: str) -> bool:
    """Whether something is to be filled in before it is an address."""
    return "{{" in url


def may_be_tracked(url: str, kept: Sequence[str]) -> bool:
    """Whether an address may lead over us. `kept`: beginnings that must stay as they are."""
    if has_token(url) or not is_address(url, ("http", "https")) or utf16_length(url) > URI_LIMIT:
        return False
    host = (urlsplit(url).hostname or "").rstrip(".")
    of_line = any(host == one or host.endswith(f".{one}") for one in LINE_HOSTS)
    return not of_line and not url.lower().startswith(tuple(one.lower() for one in kept))


def _tracked(message: Message, wrap: Wrap) -> Message:
    wrapped: Message = _replaced(message, wrap)
    contents = wrapped.get("contents") if message.get("type") == "flex" else None
    return message if isinstance(contents, dict) and is_too_big(contents) else wrapped


def _replaced(value: Any, change: Wrap) -> Any:
    if isinstance(value, list):
        return [_replaced(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: change(one) if name in HELD and isinstance(one, str) else _replaced(one, change)
        for name, one in value.items()
    }
