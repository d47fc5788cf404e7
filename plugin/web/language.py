"""Language and time zone of a page."""

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from flask import g, has_request_context, request, session
from flask_babel import format_date, format_time, format_timedelta, get_locale, gettext

from plugin.core.bidi import isolated
from plugin.core.text.sentences import Sentence
from plugin.web.here import here

# By their BCP 47 tags; each has a catalogue in `plugin/translations`, but English.
LANGUAGES = {"en": "English", "ja": "日本語", "th": "ไทย", "zh-Hant-TW": "繁體中文"}
# A reader of any Chinese reads Taiwan's rather than English.
BY_FIRST_SUBTAG = {code.partition("-")[0]: code for code in LANGUAGES}
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
            return str(code).replace("-", "_")
    # In the reader's order: "zh-TW,zh;q=0.9,en;q=0.8" has English only as the last resort.
    wanted = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    code = next((BY_FIRST_SUBTAG[first] for first in wanted if first in BY_FIRST_SUBTAG), "en")
    return code.replace("-", "_")


def page_language() -> str:
    """Return the BCP 47 tag of the page's language."""
    return str(get_locale() or "en").replace("_", "-")


def choose_time_zone() -> str | None:
    """Return the portal's time zone, on a page of its team."""
    person = g.get("person") if has_request_context() else None
    return (person.installation.time_zone or None) if person else None


def time_span(span: timedelta | float, *, add_direction: bool = False) -> str:
    """Format a time span (or seconds); Japanese has no space before its units."""
    text = str(format_timedelta(span, add_direction=add_direction))
    return text.replace(" ", "") if page_language().startswith("ja") else text


def remember_language() -> None:
    if request.args.get("lang") in LANGUAGES:
        session["language"] = request.args["lang"]


def languages() -> list[Language]:
    """Return the same page in each language."""
    now, path = page_language(), here()
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in ONE_USE]
    return [
        Language(code, name, f"{path}?{urlencode([*kept, ('lang', code)])}", code == now)
        for code, name in LANGUAGES.items()
    ]


def in_words(sentence: Sentence) -> str:
    return sentence.translated(gettext)


def told(sentence: Sentence) -> str:
    """Put a sentence into the reader's language, with its moments in the portal's time zone."""
    values = {name: _value(value) for name, value in sentence.values.items()}
    return in_words(Sentence(sentence.text, **values))


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return f"{format_date(value, 'medium')} {format_time(value, 'short')}"
    return isolated(value) if isinstance(value, str) else value
