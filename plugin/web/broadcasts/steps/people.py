"""The people behind a term of the sum, before the broadcast starts."""

from flask import abort, request, url_for
from flask_babel import lazy_gettext

from plugin.core.broadcasts.reasons import LEFT_OUT
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.chosen_people import friends_of_term, members_without_friend
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.services.broadcasts.freeze import CouldNotStart, chosen_friends
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps.drafts import own_draft
from plugin.web.broadcasts.sums import reason_word
from plugin.web.layout import page
from plugin.web.owned import record_url, row_id
from plugin.web.session import tenant

PAGE = 50
TERMS = {"reach": lazy_gettext("would get it"), "held_out": lazy_gettext("held out")}
People = tuple[list[Friend], list[Contact], int]


@blueprint.get("/broadcasts/<row_id:broadcast_id>/people")
def people(broadcast_id: int) -> str:
    """List the people of a term as things stand now."""
    broadcast, term = own_draft(broadcast_id), request.args.get("term", "reach")
    if term not in TERMS and term not in LEFT_OUT:
        abort(404)
    after = row_id(request.args.get("after", ""))
    read = _contacts if term == "not_linked" else _friends
    friends, contacts, more = read(broadcast, term, after)
    url = url_for("broadcasts.people", broadcast_id=broadcast.id, term=term, after=more)
    return page(
        "broadcasts/people.html",
        "broadcasts",
        broadcast=broadcast,
        heading=TERMS[term] if term in TERMS else reason_word(term),
        friends=friends,
        contacts=contacts,
        more=url if more else "",
        record_url=record_url,
    )


def _friends(broadcast: Broadcast, term: str, after: int) -> People:
    try:
        chosen = chosen_friends(broadcast)
    except CouldNotStart:
        return [], [], 0
    statement = friends_of_term(broadcast, chosen, term).where(Friend.id > after)
    rows = db.session.scalars(statement.order_by(Friend.id).limit(PAGE + 1)).unique().all()
    return list(rows[:PAGE]), [], rows[PAGE - 1].id if rows[PAGE:] else 0


def _contacts(broadcast: Broadcast, _term: str, after: int) -> People:
    statement = members_without_friend(broadcast).where(AudienceMember.id > after)
    rows = list(db.session.scalars(statement.order_by(AudienceMember.id).limit(PAGE + 1)))
    ids = [row.contact_id for row in rows[:PAGE] if row.contact_id]
    known = Contact.of_portal_many(tenant(), ids)
    contacts = [
        known.get(contact_id) or Contact(contact_id=contact_id, email="", firstname="", lastname="")
        for contact_id in ids
    ]
    return [], contacts, rows[PAGE - 1].id if rows[PAGE:] else 0
