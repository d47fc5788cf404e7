"""Broadcasts: one message to many friends, each of whom gets it once."""

from collections.abc import Callable
from typing import Any

from plugin.api.access import actor, tenant
from plugin.api.paging import Page, list_of, page
from plugin.api.problems import Problem
from plugin.api.resource import Resource, own, owned_account
from plugin.api.resources.messages.broadcast_bodies import changes_of, contents_of, uploaded_of
from plugin.api.resources.messages.broadcast_schemas import (
    BroadcastCheckSchema,
    BroadcastQuery,
    BroadcastSchema,
    ChangedBroadcastSchema,
    NewBroadcastSchema,
)
from plugin.api.resources.messages.templates import MESSAGES
from plugin.core.overwrites import ChangedMeanwhile
from plugin.models.broadcasts.broadcast import ASKED, Broadcast
from plugin.services.broadcasts.drafts import WrongState, create_draft, save_draft, seen_of
from plugin.services.broadcasts.preflight import preflight
from plugin.services.broadcasts.progress import progress_of
from plugin.services.broadcasts.usage import kept_versions

blueprint = Resource("broadcasts", "One message to all friends, a segment, a list or given ids")
EXAMPLE = {
    "official_account": "1",
    "name": "Spring sale",
    "segment": "4",
    "messages": MESSAGES,
    "schedule_at": "2026-11-28T01:00:00Z",
}
SHOWN = {
    "id": "9", "official_account": "1", "name": "Spring sale", "version": 3,
    "state": "sending", "reason": "", "error": "", "audience": "segment", "segment": "4",
    "list_id": "",
    "schedule_at": "2026-11-28T01:00:00.000Z", "approval": "", "template_versions": [],
    "created_at": "2026-11-27T09:30:00.000Z", "frozen_at": "2026-11-28T01:00:00.000Z",
    "first_sent_at": "2026-11-28T01:00:01.000Z", "finished_at": None, "total": 12340,
    "sent": 8000, "failed": 0, "unknown": 0, "held_out": 0, "waiting": 4035,
    "left_out": {"not_linked": 210, "blocked": 95},
}  # fmt: skip


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
    found["results"] = [shown(row) for row in found["results"]]
    return found


@blueprint.post("")
@blueprint.arguments(NewBroadcastSchema, example=EXAMPLE)
@blueprint.response(201, BroadcastSchema, example=SHOWN)
def create_broadcast(body: dict[str, Any]) -> dict[str, Any]:
    """Make a draft; `start` sends it

    LINE is asked whether it would take the messages; what it would refuse is not kept.
    """
    account = owned_account(body["official_account"])
    name = body["name"] or f"Broadcast of {actor()}"
    changes, contents = changes_of(account, body), contents_of(account, body)
    uploaded = uploaded_of(account, body)
    broadcast = create_draft(account, name, actor(), changes, contents, uploaded)
    return shown(own_broadcast(str(broadcast.id)))


@blueprint.patch("/<broadcast_id>")
@blueprint.arguments(ChangedBroadcastSchema, example={"name": "Spring sale", "version": 2})
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def change_broadcast(body: dict[str, Any], broadcast_id: str) -> dict[str, Any]:
    """Change a draft

    What is left out stays. Messages, a template or variants replace all that the draft sends.
    """
    broadcast = own_broadcast(broadcast_id)
    account = broadcast.official_account
    changes, contents = changes_of(account, body), contents_of(account, body, broadcast)
    uploaded = uploaded_of(account, body)
    seen = seen_of(broadcast) if "version" in body else None
    if body.get("version", broadcast.version) != broadcast.version:
        raise _changed(broadcast)
    try:
        done(broadcast_id, lambda row: save_draft(row, changes, contents, seen, uploaded=uploaded))
    except ChangedMeanwhile as error:
        raise _changed(broadcast) from error
    return shown(own_broadcast(broadcast_id))


@blueprint.get("/<broadcast_id>")
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def get_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Look at one broadcast and how far it is"""
    return shown(own_broadcast(broadcast_id))


@blueprint.get("/<broadcast_id>/check")
@blueprint.response(200, BroadcastCheckSchema)
def check_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Count who would get it now, and see what stands in the way"""
    found = preflight(own_broadcast(broadcast_id))
    problems: dict[str, list[str]] = {}
    for field, words in found.problems:
        problems.setdefault(field, []).append(str(words))
    names = ("chosen", "reach", "held_out", "left_out", "waits_until", "quota_left",
             "needs_approval", "is_unusual")  # fmt: skip
    return {**{name: getattr(found, name) for name in names}, "problems": problems}


def _changed(broadcast: Broadcast) -> Problem:
    words = f"The draft has version {broadcast.version} by now. Read it again."
    return Problem(409, "changed", words, errors={"version": [words]})


def shown(broadcast: Broadcast) -> dict[str, Any]:
    names = ("id", "name", "version", "state", "reason", "error", "audience", "list_id",
             "schedule_at", "approval", "created_at", "frozen_at", "first_sent_at",
             "finished_at")  # fmt: skip
    progress = progress_of(broadcast)
    counts = ("total", "sent", "failed", "unknown", "held_out", "waiting", "left_out")
    return {
        **{name: getattr(broadcast, name) for name in names},
        **{name: getattr(progress, name) for name in counts},
        "official_account": broadcast.official_account_id,
        "segment": broadcast.segment_id,
        "template_versions": list(_template_versions(broadcast)),
    }


def _template_versions(broadcast: Broadcast) -> tuple[int, ...]:
    waits = broadcast.approval == ASKED and broadcast.frozen_at is not None
    return kept_versions(broadcast)[1:] if waits else ()


def own_broadcast(broadcast_id: str) -> Broadcast:
    broadcast: Broadcast = own(Broadcast, broadcast_id)
    return broadcast


def done(broadcast_id: str, decide: Callable[[Broadcast], None]) -> dict[str, Any]:
    broadcast = own_broadcast(broadcast_id)
    try:
        decide(broadcast)
    except WrongState as error:
        sentence = f"The state of this broadcast is {error.state}, which does not allow this."
        raise Problem(409, "wrong_state", sentence, more={"state": error.state}) from error
    return shown(broadcast)
