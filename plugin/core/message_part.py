"""A piece of a LINE message under examination, and LINE's ways of counting."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from plugin.core.message_names import inside, named
from plugin.core.sentences import Sentence

Count = Callable[[str], int]
URL_LIMIT = 2000
# Blanks, control characters, and halves of a character: none of them stands in an address.
ODD = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]")


class InvalidMessage(ValueError):
    """Says to a marketer what is wrong with the message and what to do.

    `problem` is the sentence for a page, str() is the English one.
    """

    def __init__(self, text: str, /, **values: object) -> None:
        self.problem = Sentence(text, **values)
        super().__init__(str(self.problem))


def utf16_length(text: str) -> int:
    """LINE counts UTF-16 code units, not characters (its text character count page)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True)
class Part:
    """One JSON object of a message. `place` names it to people, None where there is no doubt.

    Labels, titles, template texts and what a tap says count grapheme clusters, everything else
    UTF-16 units (LINE's text character count page); `clusters` counts the former, for which the
    standard library has nothing.
    """

    value: Mapping[str, Any]
    place: Sentence | None
    clusters: Count

    def fail(self, text: str, /, **values: object) -> NoReturn:
        """Refuse the whole message."""
        if self.place is None:
            raise InvalidMessage(text, **values)
        problem = Sentence(text, **values)
        raise InvalidMessage("%(place)s: %(problem)s", place=self.place, problem=problem)

    def has(self, name: str) -> bool:
        """Whether there is anything by this name."""
        return self.value.get(name) not in (None, "")

    def text(self, name: str, most: int, *, required: bool = True) -> str:
        """A text of 1 to `most` UTF-16 units; "" where it may be and is missing."""
        return self._counted(name, most, required, utf16_length)

    def label(self, name: str, most: int, *, required: bool = True) -> str:
        """The same, counted in grapheme clusters."""
        return self._counted(name, most, required, self.clusters)

    def address(self, name: str, *, required: bool = True) -> None:
        """A web address over https."""
        url = self.text(name, URL_LIMIT, required=required)
        if url and not is_address(url, ("https",)):
            self.fail(
                "The address in %(name)s must begin with https:// and hold no blanks.",
                name=named(name),
            )

    def number(self, name: str, least: float, most: float) -> None:
        """A number from `least` to `most`."""
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

    def part(self, name: str) -> "Part":
        """The object by this name, which must be there."""
        return self._part(self.value.get(name), named(name))

    def parts(self, name: str, least: int, most: int, each: str) -> "list[Part]":
        """The objects of a list of `least` to `most`, each named like `button %(number)d`."""
        found = self.value.get(name)
        if not isinstance(found, list) or not least <= len(found) <= most:
            self._fail_count(name, least, most)
        return [
            self._part(one, Sentence(each, number=number)) for number, one in enumerate(found, 1)
        ]

    def _part(self, value: Any, name: Sentence | str) -> "Part":
        if not isinstance(value, dict):
            self.fail("%(name)s is missing or is no object.", name=name)
        return Part(value, inside(self.place, name), self.clusters)

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
    """Whether a text is an address of one of these schemes."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    needs_host = parts.scheme in ("http", "https")
    return parts.scheme in schemes and not ODD.search(url) and bool(host or not needs_host)
