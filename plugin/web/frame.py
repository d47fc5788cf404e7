"""What surrounds every page: the places to go, the person, the languages."""

from datetime import datetime
from typing import NamedTuple

from flask import g, render_template
from flask_babel import format_datetime, format_decimal, get_locale, lazy_gettext
from markupsafe import Markup

from plugin.core.clock import rfc3339, utcnow
from plugin.doorway import outside
from plugin.web.blueprint import web
from plugin.web.language import Language, languages, time_span
from plugin.web.signed_in import Person


class Place(NamedTuple):
    """An entry of the navigation; `section` is the first part of its pages' names."""

    section: str
    endpoint: str
    label: str


PLACES = (
    Place("home", "web.home", lazy_gettext("Dashboard")),
    Place("people", "web.people", lazy_gettext("Friends")),
    Place("qr", "web.qr_codes", lazy_gettext("QR Codes")),
    Place("email", "web.email", lazy_gettext("Email")),
    Place("templates", "web.templates", lazy_gettext("Templates")),
    Place("import", "web.imports", lazy_gettext("Import")),
    Place("log", "web.log", lazy_gettext("Log")),
    Place("settings", "web.settings", lazy_gettext("Settings")),
)


class Frame(NamedTuple):
    """`section` names the place that is lit; `sandbox_url` is empty where nothing is played."""

    person: Person | None
    places: tuple[Place, ...]
    section: str
    language: str
    languages: list[Language]
    sandbox_url: str


def page(template: str, section: str = "", **values: object) -> str:
    """A whole page, for whoever is looking."""
    return render_template(template, frame=_frame(section), **values)


def _frame(section: str) -> Frame:
    settings = outside().settings
    return Frame(
        person=g.get("person"),
        places=PLACES,
        section=section,
        language=str(get_locale()),
        languages=languages(),
        sandbox_url=f"{settings.base_url}/sandbox/" if settings.sandbox else "",
    )


@web.app_template_filter("moment")
def moment(at: datetime | None) -> str:
    """A time as people say it up to a day ago, then its date; the exact one on hover."""
    if at is None:
        return ""
    ago = at - utcnow()
    exact = format_datetime(at, "medium")
    said = format_datetime(at, "medium")
    if abs(ago.total_seconds()) < 86_400:
        said = time_span(ago, add_direction=True)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(rfc3339(at), exact, said)


@web.app_template_filter("figure")
def figure(number: int) -> str:
    """A number with its groups, as the reader's language writes it."""
    return str(format_decimal(number))
