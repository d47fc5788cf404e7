"""What people read is said in every language; `make translations` writes the catalogues."""

import re
import tomllib
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from plugin.web.language import LANGUAGES
from tests.house.project import ROOT, read
from tests.support.names import latin_words

FOLDER = ROOT / "plugin/translations"
CODES = [code.replace("-", "_") for code in LANGUAGES if code != "en"]
every_language = pytest.mark.parametrize("code", CODES)
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    # Core speaks English and knows no gettext; the pages translate what it says.
    "Sentence": None,
    "InvalidMessage": None,
    "fail": None,
    "report": (2,),
}
Key = tuple[str | None, str | tuple[str, ...]]


def spoken() -> set[Key]:
    """Every (context, message id) in the code and the templates."""
    mappings = tomllib.loads(read("pyproject.toml"))["tool"]["babel"]["mappings"]
    found = extract_from_dir(
        ROOT / "plugin",
        method_map=[(each["pattern"], each["method"]) for each in mappings],
        keywords=KEYWORDS,
    )
    return {(context, i if isinstance(i, str) else tuple(i)) for _, _, i, _, context in found}


def catalogue(code: str) -> Catalog:
    with (FOLDER / code / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=code)


def said(messages: Catalog) -> dict[Key, Message]:
    entries = [message for message in messages if message.id]
    return {
        (each.context, each.id if isinstance(each.id, str) else tuple(each.id)): each
        for each in entries
    }


def forms(message: Message) -> tuple[str, ...]:
    """What a message says: once in these languages, also where English has a plural."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def test_every_language_has_a_catalogue_and_no_other_has() -> None:
    assert sorted(each.name for each in FOLDER.iterdir()) == sorted(CODES)


@every_language
def test_a_catalogue_knows_every_message_and_no_other(code: str) -> None:
    known = said(catalogue(code)).keys()
    assert spoken() - known == set(), "missing: make translations, then translate"
    assert known - spoken() == set(), "no longer said: make translations"


@every_language
def test_every_message_is_translated_and_looked_at(code: str) -> None:
    entries = said(catalogue(code)).items()
    assert not [key for key, message in entries if message.fuzzy or not all(forms(message))]


@every_language
def test_translations_keep_their_placeholders(code: str) -> None:
    assert not [(message.id, errors) for message, errors in catalogue(code).check()]
    for message in said(catalogue(code)).values():
        english = message.id if isinstance(message.id, str) else message.id[-1]
        for form in forms(message):
            assert placeholders(form) == placeholders(english), message.id


@every_language
def test_no_translation_has_a_percent_sign_that_its_message_has_not(code: str) -> None:
    # Templates fill every text, so that a lone sign makes the page an error.
    odd = re.compile(r"%(?!\(\w+\)[a-z])")
    for message in said(catalogue(code)).values():
        english = message.id if isinstance(message.id, str) else message.id[-1]
        for form in forms(message):
            assert odd.search(english) or not odd.search(form.replace("%%", "")), message.id


def placeholders(text: str) -> set[str]:
    """Values, properties of tokens, and tags; a token's default is translated."""
    return set(re.findall(r"%\(\w+\)[a-z]|contact\.\w+|</?[a-z]+\b[^>]*>", text))


@every_language
def test_translations_leave_no_english_word(code: str) -> None:
    left = {
        word: form
        for message in said(catalogue(code)).values()
        for form in forms(message)
        for word in latin_words(form)
    }
    assert not left


@every_language
def test_the_compiled_catalogue_says_the_same(code: str) -> None:
    fresh = BytesIO()
    write_mo(fresh, catalogue(code))
    compiled = (FOLDER / code / "LC_MESSAGES/messages.mo").read_bytes()
    assert compiled == fresh.getvalue(), "run make translations"
