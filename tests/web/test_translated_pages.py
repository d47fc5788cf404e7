"""No page of the team or of friends shows an English word to readers of another language."""

import contextlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from sqlalchemy import text

from plugin.models import db
from plugin.web.language import LANGUAGES
from tests.browser.places import friend_pages, team_pages
from tests.support.names import latin_words, without_names
from tests.support.walker import Walker
from tests.support.world import Tenant, World

# What programs and people typed, what keeps its language by a mark, and what is not shown.
NOT_READ = ("script", "style", "code", "pre", "kbd", "textarea", "svg", "time")
VOID = ("br", "hr", "img", "input", "link", "meta", "source", "wbr", "area", "col")
SHORTENED_ID = re.compile("U[0-9a-f]{4,}")
READ_ATTRIBUTES = ("placeholder", "title", "aria-label", "alt")


class _Words(HTMLParser):
    """Collects what a reader is shown, or told by a screen reader."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        marked = tag != "html" and ("lang" in values or values.get("translate") == "no")
        if tag not in VOID and (self._skipped or tag in NOT_READ or marked):
            self._skipped.append(tag)
        if not self._skipped:
            self.texts += [values[name] for name in READ_ATTRIBUTES if name in values]

    def handle_endtag(self, tag: str) -> None:
        if self._skipped and tag not in VOID:
            self._skipped.pop()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.texts.append(" ".join(data.split()))


def words_of(html: str, data: list[str]) -> set[str]:
    """The Latin words of a page that are neither names nor within a value of `data`."""
    reader = _Words()
    reader.feed(html)
    words: set[str] = set()
    for shown in reader.texts:
        rest = without_names(shown)
        for value in data if latin_words(rest) else ():
            if value in rest:
                rest = re.sub(rf"(?<![A-Za-z]){re.escape(value)}(?![A-Za-z])", " ", rest)
        words |= {word for word in latin_words(rest) if not SHORTENED_ID.match(word)}
    return words


def values_of(world: World) -> list[str]:
    """Every text that Musubi stores, or the sandbox's HubSpot and LINE; the longest first."""
    found: set[str] = set()
    with world.app.app_context():
        for table in db.metadata.sorted_tables:
            for row in db.session.execute(text(f"SELECT * FROM {table.name}")):  # noqa: S608
                found.update(*(_texts_in(value) for value in row))
    found.update(_texts_in(world.sandbox.kinds))
    return sorted((value for value in found if latin_words(value)), key=len, reverse=True)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _parsed(value)
    elif isinstance(value, dict):
        yield from (each for part in value.items() for each in _texts_in(part))
    elif isinstance(value, list | tuple | set):
        yield from (each for part in value for each in _texts_in(part))
    elif hasattr(value, "__dict__"):
        yield from _texts_in(vars(value))


def _parsed(value: str) -> Iterator[str]:
    # A token is shown with the value of somebody.
    yield from (" ".join(part.split()) for part in re.split(r"\{\{.*?\}\}", value))
    if value.startswith(("{", "[")):
        with contextlib.suppress(ValueError):
            yield from _texts_in(json.loads(value))


@pytest.mark.slow
@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_no_english_word_is_left(world: World, alice: Tenant, language: str) -> None:
    team, friends = team_pages(world, alice), friend_pages(world, alice)
    data, left = values_of(world), {}
    for walker, paths in ((alice.walker, team), (Walker(language), friends)):
        for path in paths:
            page = walker.go(f"{world.url}{path}{'&' if '?' in path else '?'}lang={language}")
            assert f'<html lang="{language}"' in page.html, path
            words = words_of(page.html, data)
            if words:
                left[path] = sorted(words)
    assert not left
