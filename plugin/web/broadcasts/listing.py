"""The list of broadcasts: drafts, scheduled, running, finished, archived."""

from typing import Any

from flask import request, url_for
from sqlalchemy import select

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import SENT, Tally
from plugin.models.connections.official_account import OfficialAccount
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.segment_names import segment_names
from plugin.web.broadcasts.words import STATE_WORDS, audience_word
from plugin.web.chosen_account import account_filter
from plugin.web.layout import page
from plugin.web.newest import newest
from plugin.web.owned import row_id
from plugin.web.session import tenant


@blueprint.get("/broadcasts")
def broadcasts() -> str:
    """List broadcasts, newest first, by name, account and state."""
    words = _filter()
    before = row_id(request.args.get("before", "")) or 0
    shown, older = newest(_matching(words), Broadcast.id, before)
    names = segment_names(row.segment_id for row in shown)
    return page(
        "broadcasts/list.html",
        "broadcasts",
        broadcasts=shown,
        sent=_sent([row.id for row in shown]),
        audience_word=lambda row: audience_word(row, names),
        older=url_for("broadcasts.broadcasts", **words, before=older) if older else "",
        narrowed=bool(words or before),
        archived="archived" in words,
        accounts=OfficialAccount.list_owned(tenant()),
        states=STATE_WORDS,
        query=words,
    )


def _filter() -> dict[str, Any]:
    args = request.args
    q = args.get("q", "").strip()[:100].replace("\0", "")
    state, account = args.get("state", ""), account_filter(args)
    words = {"q": q, "state": state if state in STATE_WORDS else "", "account": account}
    words["archived"] = "yes" if args.get("archived") == "yes" else ""
    return {name: value for name, value in words.items() if value}


def _matching(words: dict[str, Any]) -> Any:
    statement = Broadcast.owned(tenant(), archived="archived" in words)
    if "q" in words:
        statement = statement.where(Broadcast.name.icontains(words["q"], autoescape=True))
    if "state" in words:
        statement = statement.where(Broadcast.state == words["state"])
    if "account" in words:
        statement = statement.where(Broadcast.official_account_id == words["account"])
    return statement


def _sent(broadcast_ids: list[int]) -> dict[int, int]:
    """Return how many messages each broadcast has sent, from the counts that every send keeps."""
    rows = select(Tally.broadcast_id, Tally.count).where(
        Tally.broadcast_id.in_(broadcast_ids), Tally.state == SENT
    )
    sent: dict[int, int] = {}
    for broadcast_id, count in db.session.execute(rows).tuples():
        sent[broadcast_id] = sent.get(broadcast_id, 0) + count
    return sent
