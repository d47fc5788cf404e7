"""The inbox: conversations on the left, the chosen one on the right."""

import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, lazy_pgettext
from sqlalchemy import select

from plugin.models.base import db
from plugin.models.connections.member import Member
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.inbox_search import (
    ALL_OPEN,
    SHOWS,
    InboxFilter,
    find_conversations,
    last_writers,
)
from plugin.models.inbox.thread import thread
from plugin.models.sending.template import Template
from plugin.services.inbox.answer import free_until, why_closed
from plugin.services.inbox.claim import claimed_by_other
from plugin.web.chosen_account import account_choices, chosen_choice
from plugin.web.inbox.blueprint import blueprint
from plugin.web.inbox.marks import read_mark
from plugin.web.inbox.words import drawn
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.message_templates.pickers import picker_tools
from plugin.web.owned import record_url
from plugin.web.session import person, tenant
from plugin.web.settings.quota import gauge

PAGE, SHOWN, TEMPLATES, MEMBERS = 30, 40, 100, 50
LONGEST_QUERY = 100
SHOW_WORDS = {
    "open": lazy_pgettext("conversations", "Open"),
    "unread": lazy_gettext("Unread"),
    "mine": lazy_gettext("Mine"),
    "nobody": lazy_gettext("Nobody's"),
    "closed": lazy_pgettext("conversations", "Closed"),
}


class Typed(NamedTuple):
    """What stands in the reply's form, and why it was not sent."""

    text: str = ""
    template: int = 0
    picture: str = ""
    note: str = ""
    problem: str = ""
    note_problem: str = ""
    # Somebody else is answering, and this form would take over.
    rival: str = ""


@blueprint.get("/inbox")
def inbox() -> str:
    return page("inbox/page.html", "inbox", **list_values(), conversation=None)


@blueprint.get("/inbox/<row_id:conversation_id>")
def conversation(conversation_id: int) -> str:
    return conversation_page(own_conversation(conversation_id))


def conversation_page(conversation: Conversation, typed: Typed | None = None) -> str:
    """Draw the conversation with what was typed."""
    before = _moment(request.args.get("before", ""))
    items, more = thread(conversation, SHOWN, before)
    account = conversation.friend.official_account
    problem = why_closed(conversation)
    until = free_until(conversation)
    return page(
        "inbox/page.html",
        "inbox",
        **list_values(),
        **picker_tools(),
        conversation=conversation,
        items=drawn(items, conversation),
        older=_older(conversation, items[0].at) if more else "",
        is_past=before is not None,
        closed_why=in_words(problem) if problem is not None else "",
        free_until=until,
        free_seconds=int((until - datetime.now(UTC)).total_seconds()) if until else 0,
        quota=gauge(account),
        rival=_rival(conversation),
        typed=typed or Typed(),
        form_key=secrets.token_urlsafe(12),
        **_templates(conversation),
        canned=list(db.session.scalars(CannedAnswer.owned(tenant()))),
        **_members(conversation),
        record_url=record_url,
    )


def own_conversation(conversation_id: int) -> Conversation:
    """Return the conversation of this tenant, or 404."""
    return Conversation.find_owned(tenant(), conversation_id) or abort(404)


def account_ids() -> list[int]:
    """Return the ids of the chosen account, or of all."""
    choice = chosen_choice()
    return [choice.id] if choice is not None else [row.id for row in account_choices()]


def list_values() -> dict[str, Any]:
    show = request.args.get("show", ALL_OPEN)
    show = show if show in SHOWS else ALL_OPEN
    q = request.args.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
    ids = account_ids()
    wanted = InboxFilter(ids, show, person().member.id, q)
    after = _place(request.args.get("after", ""))
    rows = find_conversations(tenant(), wanted, PAGE + 1, after)
    words: dict[str, Any] = {"show": show, **({"q": q} if q else {})}
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    mark = read_mark(tenant(), ids)
    return {
        "conversations": rows[:PAGE],
        "writers": _writers(rows[:PAGE]),
        "show": show,
        "shows": SHOW_WORDS,
        "q": q,
        "words": words,
        "unread": mark.unread,
        "mark": mark.mark,
        "more": url_for("inbox.inbox", **words, after=_written(last)) if last else "",
        "several": len(ids) > 1,
        # One account may be chosen, and a conversation of another be open.
        "names_account": len(account_choices()) > 1,
        "has_account": bool(account_choices()),
    }


def _writers(conversations: list[Conversation]) -> dict[int, str]:
    """Return what stands before the newest words, by conversation: "You:", or a colleague."""
    me = person().member.id
    return {
        row_id: _("You:") if member.id == me else _("%(who)s:", who=member.email.split("@")[0])
        for row_id, member in last_writers(conversations).items()
    }


def _older(conversation: Conversation, at: datetime) -> str:
    before = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return url_for("inbox.conversation", conversation_id=conversation.id, before=before)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _written(conversation: Conversation) -> str:
    return f"{conversation.last_at.astimezone(UTC).isoformat()}_{conversation.id}"


def _place(text: str) -> tuple[datetime, int] | None:
    at, _, row_id = text.replace(" ", "+").rpartition("_")
    moment = _moment(at)
    is_number = row_id.isascii() and row_id.isdecimal() and len(row_id) < 18
    return (moment, int(row_id)) if moment is not None and is_number else None


def _rival(conversation: Conversation) -> Member | None:
    other_id = claimed_by_other(conversation, person().member)
    return None if other_id is None else db.session.get(Member, other_id)


def _templates(conversation: Conversation) -> dict[str, Any]:
    of_account = Template.owned(tenant()).where(
        Template.official_account_id == conversation.official_account_id
    )
    newest = of_account.order_by(Template.id.desc()).limit(TEMPLATES + 1)
    rows = list(db.session.scalars(newest).unique())
    return {"templates": rows[:TEMPLATES], "more_templates": len(rows) > TEMPLATES}


def _members(conversation: Conversation) -> dict[str, Any]:
    """Return whom the conversation can be given to, and always whoever has it."""
    statement = select(Member).where(Member.installation_id == tenant(), Member.email != "")
    rows = list(db.session.scalars(statement.order_by(Member.email).limit(MEMBERS + 1)))
    members, assignee = rows[:MEMBERS], conversation.assignee
    if assignee is not None and assignee not in members:
        members.insert(0, assignee)
    return {"members": members, "more_members": len(rows) > MEMBERS, "shown_members": MEMBERS}
