"""Broadcasts: one message to many friends, each of whom gets it once."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from plugin.api.access import actor, tenant
from plugin.api.paging import Page, list_of, page
from plugin.api.problems import Problem, invalid
from plugin.api.resource import Resource, or_404, owned_account
from plugin.api.resources.broadcast_schemas import (
    BroadcastCheckSchema,
    BroadcastQuery,
    BroadcastSchema,
    NewBroadcastSchema,
    RecipientQuery,
    RecipientSchema,
    ResumeSchema,
)
from plugin.core.clock import utcnow
from plugin.core.text.row_ids import row_id
from plugin.guards import get_deps
from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import ALL, LIST, SEGMENT, UPLOAD, Broadcast
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.broadcasts.recipient_search import RecipientFilter, conditions
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.sending.template import Template
from plugin.services.broadcasts import start as decisions
from plugin.services.broadcasts.audience import store_upload
from plugin.services.broadcasts.drafts import (
    Content,
    WrongState,
    archive,
    create_draft,
    save_draft,
)
from plugin.services.broadcasts.preflight import preflight
from plugin.services.broadcasts.progress import progress_of
from plugin.services.imports.manage import Unfit, find_list
from plugin.services.message_templates.check import check_template

blueprint = Resource("broadcasts", "One message to all friends, a segment, a list or given ids")
MESSAGES = [{"type": "text", "text": "Hello {{ contact.firstname | default('there') }}"}]
EXAMPLE = {
    "official_account": "1",
    "name": "Spring sale",
    "segment": "4",
    "messages": MESSAGES,
    "schedule_at": "2026-11-28T01:00:00Z",
}
SHOWN = {
    "id": "9", "official_account": "1", "name": "Spring sale", "state": "sending", "reason": "",
    "error": "", "audience": "segment", "segment": "4", "list_id": "",
    "schedule_at": "2026-11-28T01:00:00.000Z", "approval": "",
    "created_at": "2026-11-27T09:30:00.000Z", "frozen_at": "2026-11-28T01:00:00.000Z",
    "first_sent_at": "2026-11-28T01:00:01.000Z", "finished_at": None, "total": 12340,
    "sent": 8000, "failed": 0, "unknown": 0, "held_out": 0, "waiting": 4035,
    "left_out": {"not_linked": 210, "blocked": 95},
}  # fmt: skip
# Taken from the body into the draft as they are.
SETTINGS = (
    "split_percent", "split_by", "split_hours", "schedule_at", "per_minute", "spread_minutes",
    "silent", "ignores_quiet_hours", "cap_override", "budget", "when_short", "holdout_percent",
    "goal",
)  # fmt: skip


@blueprint.get("")
@blueprint.arguments(BroadcastQuery, location="query")
@blueprint.response(200, list_of(BroadcastSchema))
def list_broadcasts(query: dict[str, Any]) -> Page:
    """List broadcasts, newest first"""
    rows = Broadcast.owned(tenant().id)
    if query["official_account"] is not None:
        rows = rows.where(Broadcast.official_account_id == query["official_account"])
    if query["state"]:
        rows = rows.where(Broadcast.state == query["state"])
    found = page(rows, Broadcast.id, query, newest_first=True)
    found["results"] = [_shown(row) for row in found["results"]]
    return found


@blueprint.post("")
@blueprint.arguments(NewBroadcastSchema, example=EXAMPLE)
@blueprint.response(201, BroadcastSchema, example=SHOWN)
def create_broadcast(body: dict[str, Any]) -> dict[str, Any]:
    """Make a draft; `start` sends it

    LINE is asked whether it would take the messages; what it would refuse is not kept.
    """
    account = owned_account(body["official_account"])
    if body.get("schedule_at") is not None and body["schedule_at"] <= utcnow():
        raise invalid("schedule_at", "This moment is past.")
    contents = _contents(account, body)
    changes = {name: body[name] for name in SETTINGS if name in body}
    changes |= _audience(account, body)
    name = body["name"] or f"Broadcast of {actor()}"
    broadcast = create_draft(account, name, actor())
    save_draft(broadcast, changes, contents)
    if "ids" in body:
        store_upload(broadcast, "\n".join(map(_one_line, body["ids"])).encode("utf-8", "replace"))
    return _shown(_broadcast(str(broadcast.id)))


@blueprint.get("/<broadcast_id>")
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def get_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Look at one broadcast and how far it is"""
    return _shown(_broadcast(broadcast_id))


@blueprint.get("/<broadcast_id>/check")
@blueprint.response(200, BroadcastCheckSchema)
def check_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Count who would get it now, and see what stands in the way"""
    found = preflight(_broadcast(broadcast_id))
    problems: dict[str, list[str]] = {}
    for field, words in found.problems:
        problems.setdefault(field, []).append(str(words))
    names = ("chosen", "reach", "held_out", "left_out", "waits_until", "quota_left",
             "needs_approval", "is_unusual")  # fmt: skip
    return {**{name: getattr(found, name) for name in names}, "problems": problems}


@blueprint.post("/<broadcast_id>/start")
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def start_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Send it now, or at its time; where the account asks for approval, once a member approves"""
    try:
        return _done(broadcast_id, lambda row: decisions.start(row, actor()))
    except decisions.CannotStart as error:
        problems: dict[str, list[str]] = {}
        for field, words in error.problems:
            problems.setdefault(field, []).append(str(words))
        detail = " ".join(sentence for sentences in problems.values() for sentence in sentences)
        raise Problem(422, "invalid", detail, errors=problems) from error


@blueprint.post("/<broadcast_id>/pause")
@blueprint.response(200, BroadcastSchema)
def pause_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Pause; calls that are under way still end"""
    return _done(broadcast_id, decisions.pause)


@blueprint.post("/<broadcast_id>/resume")
@blueprint.arguments(ResumeSchema, required=False)
@blueprint.response(200, BroadcastSchema)
def resume_broadcast(body: dict[str, Any], broadcast_id: str) -> dict[str, Any]:
    """Go on with those who wait

    `when_short` says what to do where the month's messages do not suffice.
    """
    return _done(broadcast_id, lambda row: decisions.resume(row, body["when_short"]))


@blueprint.post("/<broadcast_id>/cancel")
@blueprint.response(200, BroadcastSchema)
def cancel_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Cancel: a draft again before the first message, after it nobody else gets it"""
    return _done(broadcast_id, decisions.cancel)


@blueprint.delete("/<broadcast_id>")
@blueprint.response(204)
def archive_broadcast(broadcast_id: str) -> None:
    """Put a draft or an ended broadcast away; what it sent stays"""
    _done(broadcast_id, archive)


@blueprint.get("/<broadcast_id>/recipients")
@blueprint.arguments(RecipientQuery, location="query")
@blueprint.response(200, list_of(RecipientSchema))
def list_recipients(query: dict[str, Any], broadcast_id: str) -> Page:
    """List the people it chose, with what became of each

    `tapped` and `replied` ask those who got it.
    """
    broadcast = _broadcast(broadcast_id)
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


def _shown(broadcast: Broadcast) -> dict[str, Any]:
    names = ("id", "name", "state", "reason", "error", "audience", "list_id", "schedule_at",
             "approval", "created_at", "frozen_at", "first_sent_at", "finished_at")  # fmt: skip
    progress = progress_of(broadcast)
    counts = ("total", "sent", "failed", "unknown", "held_out", "waiting", "left_out")
    return {
        **{name: getattr(broadcast, name) for name in names},
        **{name: getattr(progress, name) for name in counts},
        "official_account": broadcast.official_account_id,
        "segment": broadcast.segment_id,
    }


def _broadcast(broadcast_id: str) -> Broadcast:
    broadcast: Broadcast = or_404(Broadcast.find_owned(tenant().id, row_id(broadcast_id) or 0))
    return broadcast


def _done(broadcast_id: str, decide: Callable[[Broadcast], None]) -> dict[str, Any]:
    broadcast = _broadcast(broadcast_id)
    try:
        decide(broadcast)
    except WrongState as error:
        sentence = f"The state of this broadcast is {error.state}, which does not allow this."
        raise Problem(409, "wrong_state", sentence, more={"state": error.state}) from error
    return _shown(broadcast)


def _audience(account: OfficialAccount, body: dict[str, Any]) -> dict[str, Any]:
    if "segment" in body:
        segment = Segment.find_owned(tenant().id, body["segment"])
        if segment is None or segment.official_account_id != account.id:
            raise invalid("segment", "There is no such segment of this account.")
        return {"audience": SEGMENT, "segment_id": segment.id}
    if "list_id" in body:
        try:
            found = find_list(get_deps(), tenant().id, body["list_id"])
        except Unfit as error:
            raise invalid("list_id", str(error)) from error
        return {"audience": LIST, "list_id": found.list_id, "list_name": found.name[:255]}
    return {"audience": UPLOAD if "ids" in body else ALL}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _contents(account: OfficialAccount, body: dict[str, Any]) -> Sequence[Content]:
    if "variants" not in body:
        return [_content(account, body, "")]
    return [
        _content(account, variant, f"variants.{number}.")
        for number, variant in enumerate(body["variants"])
    ]


def _content(account: OfficialAccount, body: dict[str, Any], place: str) -> Content:
    if "template" in body:
        template = Template.find_owned(tenant().id, body["template"])
        if template is None or template.official_account_id != account.id:
            raise invalid(f"{place}template", "There is no such template of this account in use.")
        return Content(template_id=template.id)
    result = check_template(get_deps(), account, body["messages"])
    if not result.good:
        problems = list(map(str, result.problems))
        raise Problem(422, "invalid", " ".join(problems), errors={f"{place}messages": problems})
    return Content(body["messages"], None, body["tracks_links"])
