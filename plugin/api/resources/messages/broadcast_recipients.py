"""People of a broadcast: what became of each, and unknown outcomes that somebody settles."""

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import select

from plugin.api.fields import Id
from plugin.api.paging import Page, ResponseSchema, list_of, page
from plugin.api.resources.messages.broadcast_schemas import RecipientQuery, RecipientSchema
from plugin.api.resources.messages.broadcasts import blueprint, own_broadcast
from plugin.models.base import db
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.broadcasts.recipient_search import RecipientFilter, conditions
from plugin.models.people.friend import Friend
from plugin.services.broadcasts.recipients import settle_unknown

MOST_SETTLED = 1000


class SettleSchema(Schema):
    outcome = fields.String(required=True, validate=validate.OneOf(("sent", "not_sent")))
    recipients = fields.List(
        Id(),
        validate=validate.Length(1, MOST_SETTLED),
        metadata={"description": "Absent: all whose outcome is unknown"},
    )


class SettledSchema(ResponseSchema):
    settled = fields.Integer(required=True)


@blueprint.get("/<broadcast_id>/recipients")
@blueprint.arguments(RecipientQuery, location="query")
@blueprint.response(200, list_of(RecipientSchema))
def list_recipients(query: dict[str, Any], broadcast_id: str) -> Page:
    """List the people it chose, with what became of each

    `tapped` and `replied` ask those who got it.
    """
    broadcast = own_broadcast(broadcast_id)
    wanted = RecipientFilter(**{name: query[name] for name in RecipientFilter._fields})
    rows = select(Recipient).where(*conditions(broadcast.id, wanted))
    found = page(rows, Recipient.id, query)
    ids = [row.friend_id for row in found["results"] if row.friend_id is not None]
    friends = db.session.scalars(select(Friend).where(Friend.id.in_(ids))).unique()
    by_id = {friend.id: friend for friend in friends}
    found["results"] = [_recipient(row, by_id.get(row.friend_id)) for row in found["results"]]
    return found


def _recipient(recipient: Recipient, friend: Friend | None) -> dict[str, Any]:
    contact = friend.linkage.contact if friend and friend.linkage else None
    names = ("id", "variant", "state", "reason", "held_until")
    return {
        **{name: getattr(recipient, name) for name in names},
        "friend": recipient.friend_id,
        "line_user_id": friend.line_user_id if friend else None,
        "contact_id": contact.contact_id if contact else recipient.contact_id,
        "sent_at": recipient.claimed_at,
    }


@blueprint.post("/<broadcast_id>/settle")
@blueprint.arguments(SettleSchema, example={"outcome": "sent", "recipients": ["120", "121"]})
@blueprint.response(200, SettledSchema, example={"settled": 2})
def settle_recipients(body: dict[str, Any], broadcast_id: str) -> dict[str, int]:
    """Say what became of those whose outcome is unknown, since LINE's answer was lost"""
    was_sent, ids = body["outcome"] == "sent", body.get("recipients")
    broadcast = own_broadcast(broadcast_id)
    return {"settled": settle_unknown(broadcast, was_sent=was_sent, recipient_ids=ids)}
