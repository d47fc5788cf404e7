"""The guides' pages and their pictures."""

from typing import NamedTuple

from flask import abort, request, send_from_directory
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from plugin.web.guides.blueprint import blueprint
from plugin.web.guides.reading import LANGUAGES, PICTURES, READERS, Guide, find_guide
from plugin.web.language import LANGUAGES as NAMES
from plugin.web.language import page_language
from plugin.web.layout import page

TITLES = {
    "marketer": lazy_gettext("For marketers"),
    "administrator": lazy_gettext("For administrators"),
    "developer": lazy_gettext("For developers"),
}


class Other(NamedTuple):
    """A guide to change over to."""

    name: str
    title: str
    chosen: bool


class Written(NamedTuple):
    """A language that the guide is written in."""

    language: str
    name: str
    chosen: bool


@blueprint.get("/help")
def home() -> str:
    return guide(READERS[0])


@blueprint.get("/help/<name>")
def guide(name: str) -> str:
    found = _found(name, asked := _asked_language())
    others = [Other(reader, TITLES[reader], reader == name) for reader in READERS]
    title = TITLES.get(name) or _("Guides")
    # Raw HTML in the Markdown stays text, so that this is safe.
    text = Markup(found.html)  # noqa: S704
    written = _written(name, found) if found.language != page_language() else []
    return page(
        "guides/guide.html", "help", guide=found, text=text, title=title, others=others,
        written=written, asked=asked,
    )  # fmt: skip


@blueprint.get("/help/pictures/<file>")
def picture(file: str) -> Response:
    return send_from_directory(PICTURES, file, mimetype="image/png", max_age=3600)


def _asked_language() -> str | None:
    """Return the language that the text alone is asked in; the page keeps its own."""
    asked = request.args.get("in")
    return asked if asked in LANGUAGES else None


def _written(name: str, shown: Guide) -> list[Written]:
    found = {language: find_guide(name, language) for language in LANGUAGES}
    return [
        Written(language, NAMES[language], language == shown.language)
        for language, guide in found.items()
        if guide is not None and guide.language == language
    ]


def _found(name: str, asked: str | None) -> Guide:
    found = find_guide(name, asked or page_language())
    if found is None:
        abort(404)
    return found
