"""The guides say the same things in each language, in the pages' own words, and name what is."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from markdown_it import MarkdownIt

from plugin.web.guides.reading import DOCUMENTS, LANGUAGES, READERS, Guide, render
from plugin.web.guides.topics import TOPICS
from tests.house.project import ROOT, files, read

GUIDES = {(language, name): f"docs/guide/{language}/{name}.md" for language in LANGUAGES
          for name in READERS}  # fmt: skip
LIVE = {("en", "going-live"): "docs/going-live.md", ("ja", "going-live"): "docs/going-live.ja.md"}
WRITTEN = {**GUIDES, **LIVE}
MARK = re.compile(r'^<a id="([^"]+)"></a>$', re.MULTILINE)
PLACE = re.compile(r"%\(\w+\)s|%\(\w+\)d")
TEMPLATES = [path for path in files() if path.startswith("plugin/templates/")]


def rendered(language: str, name: str) -> Guide:
    return render(read(WRITTEN[language, name]), language)


@pytest.mark.parametrize("name", [*READERS, "going-live"])
def test_a_guide_has_the_same_sections_in_each_language(name: str) -> None:
    sections = [MARK.findall(read(WRITTEN[language, name])) for language in LANGUAGES]
    assert sections[0] == sections[1]
    assert len(set(sections[0])) == len(sections[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_help_leads_to_a_section(language: str) -> None:
    for name, topic in TOPICS.items():
        assert topic.anchor in rendered(language, topic.guide).anchors, name


def test_every_sentence_of_help_stands_on_a_page_and_every_page_asks_for_one_that_is() -> None:
    asked = set()
    for path in TEMPLATES:
        text = read(path)
        asked |= set(re.findall(r'help\("([\w-]+)"', text))
        # Macros of a page hand a topic on, and a page chooses one by what it shows.
        chosen = text.partition("set asked =")[2].partition("%}")[0]
        asked |= set(re.findall(r'"\w+": "(\w+)"', chosen))
        asked |= set(re.findall(r'topic="(\w+)"', text))
        asked |= set(re.findall(r', "(\w+)"\) }}', text)) & TOPICS.keys()
    assert asked == TOPICS.keys()


def bold(text: str) -> Iterator[str]:
    """What stands in bold: the words of the pages, above all their buttons."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        strong = ""
        inside = False
        for child in token.children or ():
            if child.type == "strong_open":
                strong, inside = "", True
            elif child.type == "strong_close":
                inside = False
                yield strong
            elif inside:
                strong += child.content


@cache
def said(language: str) -> set[str]:
    """What the pages say in a language. The words that people read, and no others."""
    folder = "ja" if language == "en" else language
    path = ROOT / f"plugin/translations/{folder}/LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        catalogue: Catalog = read_po(file, locale=folder)
    found: set[str] = set()
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        texts = message.id if language == "en" else message.string
        found |= {texts} if isinstance(texts, str) else set(texts or ())
    return found - {""}


def unsaid(text: str, language: str) -> list[str]:
    """What a guide names and no page says."""
    known = said(language)
    return [words for words in bold(text) if words not in known]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_buttons_that_a_guide_names_are_on_the_pages(language: str) -> None:
    for (spoken, _), path in WRITTEN.items():
        if spoken == language:
            assert list(bold(read(path))), path
            assert not unsaid(read(path), language), path


@pytest.mark.parametrize(("language", "ours"), [("en", "Check now"), ("ja", "今すぐ確認")])
def test_a_button_that_is_on_no_page_is_noticed(language: str, ours: str) -> None:
    text = f"Press **{ours}**, then **Paint it blue**, then ** **."
    assert unsaid(text, language) == ["Paint it blue"]
    assert not said(language) & {"", "Paint it blue"}


@pytest.mark.parametrize("path", WRITTEN.values())
def test_the_settings_that_a_guide_names_are_those_of_the_readme(path: str) -> None:
    known = set(re.findall(r"`([A-Z][A-Z_]+)`", read("README.md").split("## Settings")[1]))
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`|^([A-Z]+_[A-Z_]+)=", read(path), re.MULTILINE))
    ours = {one or other for one, other in named} - {"SUPPORT_EMAIL"}
    assert ours <= known


LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)]+)\)")


@pytest.mark.parametrize("path", WRITTEN.values())
def test_the_sections_that_a_guide_leads_to_are_there(path: str) -> None:
    for address in LINK.findall(read(path)):
        file, _, anchor = address.partition("#")
        if address.startswith(("http", "/help/")):
            continue
        target = (ROOT / path).parent.joinpath(file).resolve() if file else ROOT / path
        assert target.is_file(), address
        if anchor:
            assert anchor in render(target.read_text(encoding="utf-8"), "en").anchors, address


def test_every_document_that_guides_lead_to_can_be_read_inside_musubi() -> None:
    for path in WRITTEN.values():
        for address in LINK.findall(read(path)):
            name = address.partition("#")[0].rsplit("/", 1)[-1]
            if name.endswith(".md") and "README" not in name:
                plain = name.removesuffix(".md").removesuffix(".ja")
                assert plain in (*READERS, *DOCUMENTS), address
