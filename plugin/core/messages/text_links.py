"""Web addresses inside a text that LINE turns into links, and edits that keep LINE's emojis right.

LINE does not publish where a link in a text ends. Only an address whose end everybody sees is
taken: one that letters or braces follow directly stays as it is written.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from plugin.core.messages.part import TEXT_LIMIT, InvalidMessage, utf16_length
from plugin.core.messages.tokens import split

# RFC 3986, without the braces and quotation marks that it does not know either.
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9])https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.IGNORECASE
)
_AT_THE_END = ".,:;!?'*_~"
_PAIRS = {")": "(", "]": "["}


class Found(NamedTuple):
    """`start` and `end` in Python's characters."""

    start: int
    end: int
    url: str


def has_links(message: Mapping[str, Any]) -> bool:
    return message.get("type") in ("text", "textV2") and isinstance(message.get("text"), str)


def links_in(message: Mapping[str, Any]) -> list[Found]:
    """Return the addresses of a text message; none of what a token holds or touches."""
    if not has_links(message):
        return []
    try:
        parts = split(message["text"], loosely=message["type"] == "textV2")
    except InvalidMessage:
        return []
    found, at = [], 0
    for number, part in enumerate(parts):
        if not isinstance(part, str):
            at += len(part.whole)
            continue
        edges = (number > 0, number + 1 < len(parts))
        found += [Found(at + start, at + end, url) for start, end, url in _whole(part, edges)]
        at += len(part)
    return found


def _whole(text: str, touches: tuple[bool, bool]) -> Iterator[Found]:
    """`touches`: whether a token stands before and after the text."""
    for match in _ADDRESS.finditer(text):
        url = _trimmed(match[0])
        after = text[match.end() : match.end() + 1]
        cut = after.isalnum() or after in ("{", "}")
        at_token = (match.start() == 0 and touches[0]) or (match.end() == len(text) and touches[1])
        if not cut and not at_token and url.partition("//")[2]:
            yield Found(match.start(), match.start() + len(url), url)


def _trimmed(url: str) -> str:
    """Return the address without what ends the sentence or closes a bracket around it."""
    while url:
        last = url[-1]
        opened = _PAIRS.get(last)
        if last not in _AT_THE_END and (opened is None or url.count(opened) >= url.count(last)):
            break
        url = url[:-1]
    return url


def with_links(message: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return the message with its addresses changed; as it is where it would become too long."""
    edits = [(found.start, found.end, change(found.url)) for found in links_in(message)]
    if not edits:
        return dict(message)
    text, at, shifts = "", 0, []
    written = message["text"]
    for start, end, new in edits:
        text, at = text + written[at:start] + new, end
        by = utf16_length(new) - utf16_length(written[start:end])
        shifts.append((utf16_length(written[:end]), by))
    text += written[at:]
    if utf16_length(text) > TEXT_LIMIT:
        return dict(message)
    changed = {**message, "text": text}
    if isinstance(message.get("emojis"), list):
        changed["emojis"] = [shifted(emoji, shifts) for emoji in message["emojis"]]
    return changed


def shifted(emoji: Any, shifts: list[tuple[int, int]]) -> Any:
    """Move an emoji; `shifts`: ends of edits in UTF-16 units of the old text, and by how much."""
    index = emoji.get("index") if isinstance(emoji, dict) else None
    if not isinstance(index, int):
        return emoji
    return {**emoji, "index": index + sum(by for end, by in shifts if end <= index)}
