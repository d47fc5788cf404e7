"""Which addresses of a message are counted when they are tapped, which are not, and why."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from plugin.core.messages.action_checks import URI_LIMIT
from plugin.core.messages.part import utf16_length
from plugin.core.messages.text_links import has_links, links_in
from plugin.core.messages.tracked_links import addresses_of, may_be_tracked, tracked
from plugin.core.security.click_codes import CODE_LENGTH
from plugin.core.text.sentences import N_, Sentence

_ANY = re.compile(r"(?:https?://|www\.|mailto:|tel:)[^\s<>{}「」（）、。]+", re.IGNORECASE)


class Link(NamedTuple):
    """`why` it is not counted; None where it is."""

    url: str
    why: Sentence | None = None


class Tracking(NamedTuple):
    """`prefix`: of our own addresses; `untouched`: beginnings that stay; `wanted`: a person wants
    taps to be counted."""

    prefix: str
    untouched: Sequence[str]
    wanted: bool = True


def links_of(messages: Sequence[dict[str, Any]], tracking: Tracking) -> list[Link]:
    """Return every address once, in its order. The messages hold examples instead of tokens."""
    links: dict[str, Link] = {}
    for message in messages:
        for link in _of_message(message, tracking):
            links.setdefault(link.url, link)
    return list(links.values())


def _of_message(message: dict[str, Any], tracking: Tracking) -> Iterator[Link]:
    # As long as a real one.
    ours = tracking.prefix + "x" * CODE_LENGTH
    outgrown = tracked([message], lambda _: ours) == [message]
    for url in addresses_of([message]):
        if not tracking.wanted:
            yield Link(url, Sentence(N_("counting is switched off")))
        elif not may_be_tracked(url, tracking.untouched):
            yield Link(url, Sentence(_why_not(url, tracking.untouched)))
        elif outgrown:
            yield Link(url, Sentence(N_("with a counted address the message would be too large")))
        else:
            yield Link(url)
    yield from _left_in_text(message)


def _why_not(url: str, untouched: Sequence[str]) -> str:
    scheme = urlsplit(url).scheme if url.isascii() and "[" not in url else ""
    if scheme == "tel":
        return N_("a telephone number")
    if url.lower().startswith(tuple(text.lower() for text in untouched)):
        return N_("an address of Musubi or of LINE’s apps, which must stay as it is")
    if utf16_length(url) > URI_LIMIT:
        return N_("longer than LINE takes")
    if scheme in ("http", "https", "line"):
        return N_("LINE’s own address, which LINE opens itself")
    return N_("no web address")


def _left_in_text(message: dict[str, Any]) -> Iterator[Link]:
    """What looks like an address to people, and stays as it is."""
    if not has_links(message):
        return
    taken = {found.start for found in links_in(message)}
    for match in _ANY.finditer(message["text"]):
        if match.start() in taken:
            continue
        why = N_("no web address")
        if match[0].lower().startswith("http"):
            why = N_("other letters touch it: put a blank before and after")
        elif match[0].lower().startswith("www."):
            why = N_("it does not begin with https://")
        yield Link(match[0], Sentence(why))
