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
Path = tuple[str | int, ...]
URL_LIMIT, TEXT_LIMIT = 2000, 5000
# No address holds blanks, control characters or halves of a character.
ODD = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]")


class InvalidMessage(ValueError):
    """Tells a marketer what is wrong and what to do; `problem` is for pages, str() in English.

    `path`: where, as names and positions from 0, of the message or of the editor's form; `words`:
    the problem without its place.
    """

    def __init__(self, text: str, /, **values: object) -> None:
        self.problem = self.words = Sentence(text, **values)
        self.path: Path = ()
        super().__init__(str(self.problem))

    def at(self, *path: str | int) -> "InvalidMessage":
        """Say where it is, outwards: what was said before stands behind."""
        self.path = (*path, *self.path)
        return self

    def named(self, place: Sentence) -> "InvalidMessage":
        """Have `problem` begin with the place."""
        self.problem = Sentence("%(place)s: %(problem)s", place=place, problem=self.problem)
        self.args = (str(self.problem),)
        return self


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
    path: Path = ()
    # Where problems of single members are gathered; None: the first one is raised.
    found: list[InvalidMessage] | None = None

    def fail(self, text: str, /, **values: object) -> NoReturn:
        """Raise a problem after which the rest of the message cannot be judged."""
        raise self._problem("", Sentence(text, **values))

    def report(self, member: str, text: str, /, **values: object) -> None:
        """Tell a problem of one member, after which the others are judged too."""
        problem = self._problem(member, Sentence(text, **values))
        if self.found is None:
            raise problem
        self.found.append(problem)

    def has(self, name: str) -> bool:
        return self.value.get(name) not in (None, "")

    def text(self, name: str, most: int, *, required: bool = True) -> str:
        """Return a text of 1 to `most` UTF-16 units; "" where there is none."""
        return self._counted(name, most, required, utf16_length)

    def label(self, name: str, most: int, *, required: bool = True) -> str:
        return self._counted(name, most, required, self.clusters)

    def address(self, name: str, *, required: bool = True) -> None:
        url = self.text(name, URL_LIMIT, required=required)
        if url and not is_address(url, ("https",)) and not _is_of_this_machine(url):
            self.report(
                name,
                "The address in %(name)s must begin with https:// and hold no blanks.",
                name=named(name),
            )

    def number(self, name: str, least: float, most: float) -> bool:
        """Return whether it is a number within these bounds."""
        number = self.value.get(name)
        if isinstance(number, bool) or not isinstance(number, int | float):
            self.report(name, "The %(name)s must be a number.", name=named(name))
            return False
        if not least <= number <= most:
            self.report(
                name,
                "The %(name)s must be between %(least)s and %(most)s.",
                name=named(name),
                least=f"{least:g}",
                most=f"{most:g}",
            )
            return False
        return True

    def part(self, name: str) -> "MessageNode":
        return self._part(self.value.get(name), named(name), (name,))

    def parts(self, name: str, least: int, most: int, item_name: str) -> "list[MessageNode]":
        """Return the objects of a list, each named after a text like `button %(number)d`."""
        items = self.value.get(name)
        if not isinstance(items, list):
            self._report_count(name, least, most)
            return []
        if not least <= len(items) <= most:
            self._report_count(name, least, most)
        return [
            self._part(item, Sentence(item_name, number=number), (name, number - 1))
            for number, item in enumerate(items[:most], 1)
        ]

    def _part(self, value: Any, name: Sentence | str, path: Path) -> "MessageNode":
        if not isinstance(value, dict):
            self.fail("%(name)s is missing or is no object.", name=name)
        place = inside(self.place, name)
        return MessageNode(value, place, self.clusters, (*self.path, *path), self.found)

    def _report_count(self, name: str, least: int, most: int) -> None:
        if least == most:
            self.report(
                name,
                "The %(name)s must be a list of exactly %(most)d.",
                name=named(name),
                most=most,
            )
            return
        self.report(
            name,
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
            self.report(name, "The %(name)s is empty.", name=named(name))
            return ""
        if count(text) > most:
            self.report(
                name,
                "The %(name)s has %(count)s characters; LINE takes %(most)s.",
                name=named(name),
                count=f"{count(text):,}",
                most=f"{most:,}",
            )
        return text

    def _problem(self, member: str, words: Sentence) -> InvalidMessage:
        problem = InvalidMessage(words.text, **words.values)
        problem.at(*self.path, *((member,) if member else ()))
        return problem if self.place is None else problem.named(self.place)


def is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in schemes or ODD.search(url):
        return False
    return parts.scheme not in ("http", "https") or (bool(host) and host.isascii() and port != 0)


def _is_of_this_machine(url: str) -> bool:
    # The sandbox has no TLS, and its messages show what was uploaded to it. LINE itself refuses
    # such an address.
    return is_address(url, ("http",)) and urlsplit(url).hostname in ("localhost", "127.0.0.1")


def count_clusters(text: str) -> int:
    """Count grapheme clusters: a flag, or an emoji with its skin tone, is one."""
    return len(text) if text.isascii() else sum(1 for _ in iter_graphemes(text))
