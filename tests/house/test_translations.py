"""Everything a person reads is said in Japanese too; `make translations` writes the catalogues."""

import tomllib
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.house.project import ROOT, read

FOLDER = ROOT / "plugin/translations/ja/LC_MESSAGES"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    # Core speaks English and knows no gettext; the pages translate what it says.
    "Sentence": None,
    "InvalidMessage": None,
    "fail": None,
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


def japanese() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="ja")


def said(catalogue: Catalog) -> dict[Key, Message]:
    entries = [message for message in catalogue if message.id]
    return {
        (each.context, each.id if isinstance(each.id, str) else tuple(each.id)): each
        for each in entries
    }


def test_the_catalogue_knows_every_message_and_no_other() -> None:
    known = said(japanese()).keys()
    assert spoken() - known == set(), "missing: make translations, then translate"
    assert known - spoken() == set(), "no longer said: make translations"


def forms(message: Message) -> tuple[str, ...]:
    """What a message says in Japanese: once, also where English has a plural."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def test_every_message_is_translated_and_looked_at() -> None:
    entries = said(japanese()).items()
    assert not [key for key, message in entries if message.fuzzy or not all(forms(message))]


def test_translations_keep_their_placeholders() -> None:
    assert not [(message.id, errors) for message, errors in japanese().check()]


def test_the_compiled_catalogue_says_the_same() -> None:
    fresh = BytesIO()
    write_mo(fresh, japanese())
    assert (FOLDER / "messages.mo").read_bytes() == fresh.getvalue(), "run make translations"
