"""One search for everything: people, QR codes, templates, segments, broadcasts and pages."""

from typing import Any, NamedTuple

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select

from plugin.core.text.search_words import fold
from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.find_people import find_people
from plugin.models.people.friend import Friend
from plugin.models.sending.template import Template
from plugin.web.blueprint import web
from plugin.web.layout import PLACES, page
from plugin.web.session import tenant

LONGEST = 200
PEOPLE, OTHERS = 8, 5


class Hit(NamedTuple):
    name: str
    detail: str
    url: str
    # A friend's picture is drawn beside the name.
    friend: Friend | None = None


class Group(NamedTuple):
    title: str
    section: str
    hits: list[Hit]


class Found(NamedTuple):
    """`problem` says why nothing was searched, "" where it was."""

    q: str
    groups: list[Group]
    problem: str = ""


@web.get("/search")
def search() -> str:
    return page("search/page.html", "search", found=_found())


@web.get("/search/results")
def search_results() -> str:
    """Return only the results, for the dialog."""
    return render_template("search/found.html", found=_found())


def _found() -> Found:
    q = request.args.get("q", "").replace("\0", "").strip()
    if len(q) > LONGEST:
        return Found(q[:LONGEST], [], _("Search for at most %(most)s characters.", most=LONGEST))
    if not q:
        return Found(q, [])
    groups = [_people(q), *_named(q), _pages(q)]
    return Found(q, [group for group in groups if group.hits])


def _people(q: str) -> Group:
    hits = []
    for friend in find_people(tenant(), q, PEOPLE):
        contact = friend.linkage.contact if friend.linkage is not None else None
        name = contact.name if contact is not None else ""
        details = [name, contact.email] if contact is not None else [friend.official_account.name]
        url = url_for("friends.friend", friend_id=friend.id)
        shown = friend.display_name or _("Name not known yet")
        hits.append(Hit(shown, " · ".join(filter(None, details)), url, friend))
    return Group(_("Friends"), "people", hits)


def _named(q: str) -> list[Group]:
    """Return what has a name of the team's own; each kind has few rows."""
    kinds: list[tuple[str, str, Any, Select[Any], str, str]] = [
        (_("Broadcasts"), "broadcasts", Broadcast, Broadcast.owned(tenant()),
         "broadcasts.broadcast", "broadcast_id"),
        (_("Segments"), "segments", Segment, Segment.owned(tenant()),
         "segments.segment", "segment_id"),
        (_("Templates"), "templates", Template, Template.owned(tenant()),
         "message_templates.template", "template_id"),
        (_("QR codes"), "qr", QRCode, QRCode.owned(tenant()), "qr_codes.qr_code", "code_id"),
    ]  # fmt: skip
    return [
        Group(title, section, [
            Hit(row.name, row.official_account.name, url_for(endpoint, **{argument: row.id}))
            for row in _matching(model, rows, q)
        ])
        for title, section, model, rows, endpoint, argument in kinds
    ]  # fmt: skip


def _matching(model: Any, rows: Select[Any], q: str) -> list[Any]:
    named = rows.where(*(model.name.icontains(word, autoescape=True) for word in q.split()))
    statement = named.order_by(None).order_by(model.id.desc()).limit(OTHERS)
    return list(db.session.scalars(statement))


def _pages(q: str) -> Group:
    words = fold(q).split()
    hits = [
        Hit(str(place.label), "", url_for(place.endpoint))
        for place in PLACES
        if all(word in fold(str(place.label)) for word in words)
    ]
    return Group(_("Pages"), "more", hits)
