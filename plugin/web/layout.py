"""The frame of every page: navigation, person, languages; and filters for templates."""

from datetime import datetime
from typing import NamedTuple

from flask import g, render_template, request
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    format_time,
    lazy_gettext,
    lazy_pgettext,
)
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from plugin.core.clock import rfc3339, utcnow
from plugin.guards import get_deps
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.installation import Installation
from plugin.web.blueprint import web
from plugin.web.bodies import LARGEST_FORM
from plugin.web.chosen_account import AccountChoice, account_choices, chosen_choice
from plugin.web.here import here
from plugin.web.language import Language, languages, page_language, time_span
from plugin.web.session import Person


class Place(NamedTuple):
    """An entry of the navigation, highlighted on the pages of its `section`.

    `key`: opens it after g, "" for none; `group`: the heading that it begins, "" for none.
    """

    section: str
    endpoint: str
    label: str
    key: str = ""
    group: str = ""


PLACES = (
    Place("home", "web.home", lazy_gettext("Dashboard"), "d"),
    Place("inbox", "inbox.inbox", lazy_gettext("Inbox"), "i"),
    Place(
        "people",
        "friends.people",
        lazy_gettext("Friends"),
        "f",
        lazy_pgettext("navigation", "People"),
    ),
    Place("segments", "segments.segments", lazy_gettext("Segments"), "s"),
    Place(
        "broadcasts",
        "broadcasts.broadcasts",
        lazy_gettext("Broadcasts"),
        "b",
        lazy_gettext("Messages"),
    ),
    Place("templates", "message_templates.templates", lazy_gettext("Templates"), "t"),
    Place(
        "qr",
        "qr_codes.qr_codes",
        lazy_gettext("QR codes"),
        "q",
        lazy_pgettext("navigation", "Linking"),
    ),
    Place("email", "email.email", lazy_gettext("Email"), "e"),
    Place("import", "imports.imports", lazy_gettext("Import"), "m"),
    Place("sync", "sync.overview", lazy_gettext("Sync"), "y", lazy_gettext("Musubi")),
    Place("log", "log.log", lazy_gettext("Log"), "l"),
    Place("settings", "settings.settings", lazy_gettext("Settings"), "o"),
    Place("help", "guides.home", lazy_gettext("Help"), "h"),
)


class Frame(NamedTuple):
    """`section` names the highlighted place; `sandbox_url` is empty outside the sandbox.

    `left`: the portal of a signed-in person after HubSpot has ended the connection.
    """

    person: Person | None
    left: Installation | None
    places: tuple[Place, ...]
    # Keys that open a place after g.
    keys: list[tuple[str, Place]]
    section: str
    language: str
    languages: list[Language]
    sandbox_url: str
    largest_form: int
    # The tenant's Official Accounts, and the one that is worked on; None: all of them.
    accounts: list[AccountChoice]
    account: AccountChoice | None
    # The page's address, with its query; a link can open it.
    path: str


def page(template: str, /, section: str = "", **values: object) -> str:
    return render_template(template, frame=_frame(section), **values)


def _frame(section: str) -> Frame:
    settings = get_deps().settings
    return Frame(
        person=g.get("person"),
        left=g.get("left"),
        places=PLACES,
        keys=[(place.key, place) for place in PLACES if place.key],
        section=section,
        language=page_language(),
        languages=languages(),
        sandbox_url=f"{settings.base_url}/sandbox/" if settings.sandbox else "",
        largest_form=LARGEST_FORM,
        accounts=account_choices() if g.get("person") else [],
        account=chosen_choice() if g.get("person") else None,
        path=request.full_path.rstrip("?") if request.method == "GET" else here(),
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


@web.app_template_filter("actor")
def actor_words(actor: str) -> str:
    """Say in the page's language that somebody is a program; an e-mail address stays."""
    return actor.replace(ApiKey.WORDS, _("API key"))


@web.app_template_filter("bytes")
def bytes_in_words(count: int) -> str:
    """Format a size in bytes: 200 KB, 4 MB."""
    kilo = count / 1024
    return f"{kilo / 1024:,.0f} MB" if kilo >= 1024 else f"{kilo:,.0f} KB"


@web.app_template_filter("bounded")
def bounded(number: int) -> str:
    """Format a count that was made up to ten thousand and one."""
    most = 10_000
    return f"{figure(most)}+" if number > most else figure(number)


@web.app_template_filter("figure")
def figure(number: int) -> str:
    """Format a number with the reader's grouping."""
    return str(format_decimal(number))
