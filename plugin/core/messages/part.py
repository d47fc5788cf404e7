"""A node of a LINE message under examination, and LINE's ways of counting."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from wcwidth import iter_graphemes

from plugin.core.messages.names import inside, named
from plugin.core.text.sentences import Sentence

Count = Callable[[str], int]
URL_LIMIT = 2000
# No address holds blanks, control characters or halves of a character.
ODD = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]")


class InvalidMessage(ValueError):
    """Tells a marketer what is wrong and what to do; `problem` is for pages, str() in English."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.problem = Sentence(text, **values)
        super().__init__(str(self.problem))


@contextmanager
def shallow() -> Iterator[None]:
    """Turn the RecursionError of a message that is nested without end into `InvalidMessage`."""
    try:
        yield
    except RecursionError:
        raise InvalidMessage("The message is nested too deeply.") from None


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, as LINE does (its text character count page)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True)
class MessageNode:
    """One JSON object of a message. `place` names it to people; None where it stands alone.

    Labels, titles, template texts and the texts of taps count grapheme clusters, everything else
    UTF-16 units (LINE's text character count page).
    """

    value: Mapping[str, Any]
    place: Sentence | None
    # Counts grapheme clusters, which the standard library cannot.
    clusters: Count

    def fail(self, text: str, /, **values: object) -> NoReturn:
        if self.place is None:
            raise InvalidMessage(text, **values)
        problem = Sentence(text, **values)
        raise InvalidMessage("%(place)s: %(problem)s", place=self.place, problem=problem)

    def has(self, name: str) -> bool:
        return self.value.get(name) not in (None, "")

    def text(self, name: str, most: int, *, required: bool = True) -> str:
        """Return a text of 1 to `most` UTF-16 units; "" where it is missing and not required."""
        return self._counted(name, most, required, utf16_length)

    def label(self, name: str, most: int, *, required: bool = True) -> str:
        return self._counted(name, most, required, self.clusters)

    def address(self, name: str, *, required: bool = True) -> None:
        url = self.text(name, URL_LIMIT, required=required)
        if url and not is_address(url, ("https",)):
            self.fail(
                "The address in %(name)s must begin with https:// and hold no blanks.",
                name=named(name),
            )

    def number(self, name: str, least: float, most: float) -> None:
        number = self.value.get(name)
        if isinstance(number, bool) or not isinstance(number, int | float):
            self.fail("The %(name)s must be a number.", name=named(name))
        if not least <= number <= most:
            self.fail(
                "The %(name)s must be between %(least)s and %(most)s.",
                name=named(name),
                least=f"{least:g}",
                most=f"{most:g}",
            )

    def part(self, name: str) -> "MessageNode":
        return self._part(self.value.get(name), named(name))

    def parts(self, name: str, least: int, most: int, item_name: str) -> "list[MessageNode]":
        """Return the objects of a list, each named after a text like `button %(number)d`."""
        items = self.value.get(name)
        if not isinstance(items, list) or not least <= len(items) <= most:
            self._fail_count(name, least, most)
        return [
            self._part(item, Sentence(item_name, number=number))
            for number, item in enumerate(items, 1)
        ]

    def _part(self, value: Any, name: Sentence | str) -> "MessageNode":
        if not isinstance(value, dict):
            self.fail("%(name)s is missing or is no object.", name=name)
        return MessageNode(value, inside(self.place, name), self.clusters)

    def _fail_count(self, name: str, least: int, most: int) -> NoReturn:
        if least == most:
            self.fail(
                "The %(name)s must be a list of exactly %(most)d.", name=named(name), most=most
            )
        self.fail(
            "The %(name)s must be a list of %(least)d to %(most)d.",
            name=named(name),
            least=least,
            most=most,
        )

    def _counted(self, name: str, most: int, required: bool, count: Count) -> str:
        text = self.value.get(name)
        if text is None and not required:
            return ""
        if not isinstance(text, str) or not text.strip():
            self.fail("The %(name)s is empty.", name=named(name))
        if count(text) > most:
            self.fail(
                "The %(name)s has %(count)s characters; LINE takes %(most)s.",
                name=named(name),
                count=f"{count(text):,}",
                most=f"{most:,}",
            )
        return text


def is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in schemes or ODD.search(url):
        return False
    return parts.scheme not in ("http", "https") or (bool(host) and host.isascii() and port != 0)


def count_clusters(text: str) -> int:
    """Count grapheme clusters: a flag, or an emoji with its skin tone, is one."""
    return len(text) if text.isascii() else sum(1 for _ in iter_graphemes(text))
