"""A piece of a LINE message under examination, and LINE's ways of counting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

Count = Callable[[str], int]
URL_LIMIT = 2000


class InvalidMessage(ValueError):
    """Says to a marketer what is wrong with the message and what to do."""


def utf16_length(text: str) -> int:
    """LINE counts UTF-16 code units, not characters (its text character count page)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True)
class Part:
    """One JSON object of a message. `place` names it to people, "" where there is no doubt.

    Labels, titles and template texts count grapheme clusters, everything else UTF-16 units
    (LINE's text character count page); `clusters` counts the former, for which the standard
    library has nothing.
    """

    value: Mapping[str, Any]
    place: str
    clusters: Count

    def fail(self, words: str) -> NoReturn:
        """Refuse the whole message."""
        raise InvalidMessage(
            f"{self.place}: {words}" if self.place else words[:1].upper() + words[1:]
        )

    def has(self, name: str) -> bool:
        """Whether there is anything by this name."""
        return self.value.get(name) not in (None, "")

    def text(self, name: str, most: int, *, required: bool = True) -> str:
        """A text of 1 to `most` UTF-16 units; "" where it may be and is missing."""
        return self._counted(name, most, required, utf16_length)

    def label(self, name: str, most: int, *, required: bool = True) -> str:
        """The same, counted in grapheme clusters."""
        return self._counted(name, most, required, self.clusters)

    def address(
        self, name: str, *, required: bool = True, schemes: tuple[str, ...] = ("https",)
    ) -> None:
        """A web address, https unless said otherwise."""
        url = self.text(name, URL_LIMIT, required=required)
        if url and not is_address(url, schemes):
            wanted = " or ".join(f"{scheme}:" for scheme in schemes)
            self.fail(f"the address in {name} must begin with {wanted}// and hold no blanks.")

    def number(self, name: str, least: float, most: float) -> None:
        """A number from `least` to `most`."""
        number = self.value.get(name)
        if isinstance(number, bool) or not isinstance(number, int | float):
            self.fail(f"{name} must be a number.")
        if not least <= number <= most:
            self.fail(f"{name} must be between {least:g} and {most:g}.")

    def part(self, name: str) -> "Part":
        """The object by this name, which must be there."""
        return self._part(self.value.get(name), name)

    def parts(self, name: str, least: int, most: int, singular: str) -> "list[Part]":
        """The objects of a list of `least` to `most`, each named `singular` and its number."""
        found = self.value.get(name)
        if not isinstance(found, list) or not least <= len(found) <= most:
            count = f"{least} to {most}" if least != most else f"exactly {most}"
            self.fail(f"{name} must be a list of {count}.")
        return [self._part(one, f"{singular} {number}") for number, one in enumerate(found, 1)]

    def _part(self, value: Any, name: str) -> "Part":
        place = f"{self.place}, {name}" if self.place else name
        if not isinstance(value, dict):
            self.fail(f"{name} is missing or is no object.")
        return Part(value, place, self.clusters)

    def _counted(self, name: str, most: int, required: bool, count: Count) -> str:
        text = self.value.get(name)
        if text is None and not required:
            return ""
        if not isinstance(text, str) or not text.strip():
            self.fail(f"the {name} is empty.")
        if count(text) > most:
            self.fail(f"the {name} has {count(text):,} characters; LINE takes {most:,}.")
        return text


def is_address(url: str, schemes: tuple[str, ...]) -> bool:
    """Whether a text is an address of one of these schemes."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    needs_host = parts.scheme in ("http", "https")
    return (
        parts.scheme in schemes and not any(map(str.isspace, url)) and bool(host or not needs_host)
    )
