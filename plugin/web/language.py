"""Language and time zone of a page."""

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from flask import g, has_request_context, request, session
from flask_babel import format_timedelta, get_locale, gettext

from plugin.core.text.sentences import Sentence

LANGUAGES = {"en": "English", "ja": "日本語"}
# HubSpot and LINE send one-use parameters that must not be repeated; and personal data stands in no
# link of a page.
ONE_USE = {
    "lang", "code", "state", "error", "error_description", "t", "login", "liff.state", "id_token",
    "access_token",
}  # fmt: skip


class Language(NamedTuple):
    """A choice of the language switch."""

    code: str
    name: str
    url: str
    chosen: bool


def choose_language() -> str | None:
    """Return the language requested now or before, else the browser's first choice."""
    if not has_request_context():
        return None
    for code in (request.args.get("lang"), session.get("language")):
        if code in LANGUAGES:
            return str(code)
    return request.accept_languages.best_match(LANGUAGES, "en")


def choose_time_zone() -> str | None:
    """Return the portal's time zone, on a page of its team."""
    person = g.get("person") if has_request_context() else None
    return (person.installation.time_zone or None) if person else None


def time_span(span: timedelta | float, *, add_direction: bool = False) -> str:
    """Format a time span (or seconds); Japanese has no space before its units."""
    text = format_timedelta(span, add_direction=add_direction)
    return str(text).replace(" ", "") if str(get_locale()) == "ja" else str(text)


def remember_language() -> None:
    if request.args.get("lang") in LANGUAGES:
        session["language"] = request.args["lang"]


def languages() -> list[Language]:
    """Return the same page in each language."""
    now = str(get_locale())
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in ONE_USE]
    return [
        Language(code, name, f"{request.path}?{urlencode([*kept, ('lang', code)])}", code == now)
        for code, name in LANGUAGES.items()
    ]


def in_words(sentence: Sentence) -> str:
    return sentence.translated(gettext)
