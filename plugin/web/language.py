"""Which language and time zone a page speaks."""

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from flask import g, has_request_context, request, session
from flask_babel import format_timedelta, get_locale

LANGUAGES = {"en": "English", "ja": "日本語"}
# Answers of HubSpot and LINE come with one-use words that must not be asked for again.
ONE_USE = {"lang", "code", "state", "error", "error_description"}


class Language(NamedTuple):
    """One choice of the language switch."""

    code: str
    name: str
    url: str
    chosen: bool


def choose_language() -> str | None:
    """What was asked for, now or before; else the first that the browser would like."""
    if not has_request_context():
        return None
    for wish in (request.args.get("lang"), session.get("language")):
        if wish in LANGUAGES:
            return str(wish)
    return request.accept_languages.best_match(LANGUAGES, "en")


def choose_time_zone() -> str | None:
    """The portal's own zone, where somebody of the portal is looking."""
    seen_by = g.get("person") if has_request_context() else None
    return (seen_by.installation.time_zone or None) if seen_by else None


def time_span(span: timedelta | float, *, add_direction: bool = False) -> str:
    """A span of time (or seconds) in the reader's words; Japanese has no space before its units."""
    said = format_timedelta(span, add_direction=add_direction)
    return str(said).replace(" ", "") if str(get_locale()) == "ja" else str(said)


def remember_language() -> None:
    """Keep a language that was asked for by name."""
    if request.args.get("lang") in LANGUAGES:
        session["language"] = request.args["lang"]


def languages() -> list[Language]:
    """The switch: this same page in each language."""
    now = str(get_locale())
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in ONE_USE]
    return [
        Language(code, name, f"{request.path}?{urlencode([*kept, ('lang', code)])}", code == now)
        for code, name in LANGUAGES.items()
    ]
