"""Find the addresses in LINE messages that a tap opens, and decide which may be tracked: those of
buttons, areas and pictures, and those inside texts."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from plugin.core.messages.action_checks import URI_LIMIT
from plugin.core.messages.flex_checks import is_too_big
from plugin.core.messages.part import is_address, utf16_length
from plugin.core.messages.text_links import links_in, with_links

Message = dict[str, Any]
# Returns the address that replaces an address of a message.
Wrap = Callable[[str], str]
# LINE opens a LIFF app, a chat or "add friend" itself only under its own address.
LINE_HOSTS = ("line.me", "lin.ee")
# They tell LINE which browser to open (LINE's "Using LINE URL scheme"). LINE reads them from the
# tapped address alone.
LINE_PARAMETERS = ("openExternalBrowser", "openInAppBrowser")
# Members that hold an address: of an action, of its computer variant, of an imagemap's areas and of
# its video's link.
HELD = ("uri", "desktop", "linkUri")


def tracked(messages: Sequence[Message], wrap: Wrap) -> list[Message]:
    """Return copies with every address that a tap opens wrapped, in texts too."""
    return [_tracked(message, wrap) for message in messages]


def addresses_of(messages: Sequence[Message]) -> list[str]:
    """Return those of actions first, then those inside texts."""
    return _held(messages) + _text_addresses(messages)


def _held(messages: Sequence[Message]) -> list[str]:
    addresses: list[str] = []

    def note(url: str) -> str:
        addresses.append(url)
        return url

    _replaced(list(messages), note)
    return addresses


def _text_addresses(messages: Sequence[Message]) -> list[str]:
    return [found.url for message in messages for found in links_in(message)]


def personal_addresses(raw: Sequence[Message], filled: Sequence[Message]) -> set[str]:
    """Return the filled addresses that had a token: they hold the contact's own data."""
    pairs = zip(_held(raw), _held(filled), strict=True)
    own = {url for before, url in pairs if has_token(before)}
    return own | (set(_text_addresses(filled)) - set(_text_addresses(raw)))


def has_token(url: str) -> bool:
    return "{{" in url


def may_be_tracked(url: str, untouched: Sequence[str]) -> bool:
    """Return whether tracking may replace the address. `untouched`: beginnings that stay."""
    if has_token(url) or not is_address(url, ("http", "https")) or utf16_length(url) > URI_LIMIT:
        return False
    host = (urlsplit(url).hostname or "").rstrip(".")
    of_line = any(host == name or host.endswith(f".{name}") for name in LINE_HOSTS)
    beginnings = tuple(text.lower() for text in untouched)
    return not of_line and not url.lower().startswith(beginnings)


def line_parameters(url: str) -> str:
    """Return the query our own address needs for LINE to open it like `url`."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    relevant = [pair for pair in pairs if pair[0] in LINE_PARAMETERS]
    return f"?{urlencode(relevant)}" if relevant else ""


def _tracked(message: Message, wrap: Wrap) -> Message:
    wrapped: Message = with_links(_replaced(message, wrap), wrap)
    # A flex message that would grow beyond LINE's size keeps its own addresses.
    contents = wrapped.get("contents") if message.get("type") == "flex" else None
    return message if isinstance(contents, dict) and is_too_big(contents) else wrapped


def _replaced(value: Any, change: Wrap) -> Any:
    if isinstance(value, list):
        return [_replaced(inner, change) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: change(inner) if name in HELD and isinstance(inner, str) else _replaced(inner, change)
        for name, inner in value.items()
    }


def with_campaign(url: str, utm: str) -> str:
    """Return the address with the parameters of a HubSpot campaign, unless it names one itself."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    if not utm or any(name == "utm_campaign" for name, _ in given):
        return url
    named = {name for name, _ in given}
    added = {"utm_source": "line", "utm_medium": "social", "utm_campaign": utm}
    new = urlencode({name: value for name, value in added.items() if name not in named})
    longer = parts._replace(query=f"{parts.query}&{new}" if parts.query else new).geturl()
    return longer if utf16_length(longer) <= URI_LIMIT else url
