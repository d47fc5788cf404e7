"""The frame of every page: navigation, person, languages; and filters for templates."""

from datetime import datetime
from typing import NamedTuple

from flask import g, render_template
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    format_time,
    get_locale,
    lazy_gettext,
)
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from plugin.core.clock import rfc3339, utcnow
from plugin.guards import get_deps
from plugin.models.connections.installation import Installation
from plugin.models.people.contact import Contact
from plugin.web.blueprint import web
from plugin.web.bodies import LARGEST_FORM
from plugin.web.language import Language, languages, time_span
from plugin.web.session import Person


class Place(NamedTuple):
    """An entry of the navigation, highlighted on the pages of its `section`."""

    section: str
    endpoint: str
    label: str


PLACES = (
    Place("home", "web.home", lazy_gettext("Dashboard")),
    Place("people", "friends.people", lazy_gettext("Friends")),
    Place("segments", "segments.segments", lazy_gettext("Segments")),
    Place("broadcasts", "broadcasts.broadcasts", lazy_gettext("Broadcasts")),
    Place("qr", "qr_codes.qr_codes", lazy_gettext("QR Codes")),
    Place("email", "email.email", lazy_gettext("Email")),
    Place("templates", "message_templates.templates", lazy_gettext("Templates")),
    Place("import", "imports.imports", lazy_gettext("Import")),
    Place("sync", "sync.overview", lazy_gettext("Sync")),
    Place("log", "log.log", lazy_gettext("Log")),
    Place("settings", "settings.settings", lazy_gettext("Settings")),
)


class Frame(NamedTuple):
    """`section` names the highlighted place; `sandbox_url` is empty outside the sandbox.

    `left`: the portal of a signed-in person after HubSpot has ended the connection.
    """

    person: Person | None
    left: Installation | None
    places: tuple[Place, ...]
    section: str
    language: str
    languages: list[Language]
    sandbox_url: str
    largest_form: int


def page(template: str, /, section: str = "", **values: object) -> str:
    return render_template(template, frame=_frame(section), **values)


def _frame(section: str) -> Frame:
    settings = get_deps().settings
    return Frame(
        person=g.get("person"),
        left=g.get("left"),
        places=PLACES,
        section=section,
        language=str(get_locale()),
        languages=languages(),
        sandbox_url=f"{settings.base_url}/sandbox/" if settings.sandbox else "",
        largest_form=LARGEST_FORM,
    )


@web.app_template_global("csrf_field")
def csrf_field() -> Markup:
    """The hidden field that every form must carry."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


@web.app_template_filter("moment")
def moment(at: datetime | None) -> str:
    """A relative time, after a day its date and minute; the exact one on hover."""
    if at is None:
        return ""
    ago = at - utcnow()
    # The long form has seconds and the time zone.
    exact = format_datetime(at, "long")
    seconds = ago.total_seconds()
    if -60 < seconds <= 0:
        text = _("just now")
    elif abs(seconds) < 86_400:
        text = time_span(ago, add_direction=True)
    else:
        text = f"{format_date(at, 'medium')} {format_time(at, 'short')}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(rfc3339(at), exact, text)


@web.app_template_filter("person_name")
def person_name(contact: Contact) -> str:
    """A contact's full name in the order of the page's language, or "" without a name."""
    return contact.name_for(str(get_locale()))


@web.app_template_filter("bytes")
def bytes_in_words(count: int) -> str:
    """Format a size in bytes: 200 KB, 4 MB."""
    kilo = count / 1024
    return f"{kilo / 1024:,.0f} MB" if kilo >= 1024 else f"{kilo:,.0f} KB"


@web.app_template_filter("figure")
def figure(number: int) -> str:
    """Format a number with the reader's grouping."""
    return str(format_decimal(number))
