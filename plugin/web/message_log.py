"""The Log: what HubSpot asked for, what LINE was sent, and work that is stuck."""

from typing import Any, NamedTuple

from flask import abort, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from plugin.models.base import db
from plugin.models.call_search import CallFilter, find_calls
from plugin.models.link_click import LinkClick
from plugin.models.people import Contact, Friend
from plugin.models.question import Question
from plugin.models.sending import ActionCall, Delivery
from plugin.services.executions import outputs_of
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.log_words import ACTIONS, CHOICES, word_of, word_of_delivery
from plugin.web.people import record_url
from plugin.web.people_filter import row_id
from plugin.web.signed_in import tenant
from plugin.web.stuck_jobs import count_stuck
from plugin.web.template_preview import shown_messages

PAGE = 50
# What HubSpot reads and people do not.
INNER = "hs_execution_state"


class Wish(NamedTuple):
    """What the address asks for; what it says wrongly counts as not said."""

    q: str = ""
    action: str = ""
    result: str = ""
    before: int = 0

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> "Wish":
        """From the query string. `before`: the id under which the page begins."""
        action, result = args.get("action", ""), args.get("result", "")
        return cls(
            args.get("q", "").strip()[:200].replace("\0", ""),
            action if action in ACTIONS else "",
            result if result in CHOICES else "",
            row_id(args.get("before", "")),
        )

    def words(self) -> dict[str, Any]:
        """The filter as a query string has it, without the place in the list."""
        return {name: each for name, each in self._asdict().items() if each and name != "before"}


@web.get("/log")
def log() -> str:
    """Executions of workflow actions, fifty a page, newest first."""
    wish = Wish.of(request.args)
    found = find_calls(tenant(), CallFilter(wish.q, wish.action, wish.result))
    calls, after = _newest(found, ActionCall.id, wish.before)
    return page(
        "log/list.html",
        "log",
        wish=wish,
        calls=calls,
        contacts=_contacts(calls),
        older=url_for("web.log", **wish.words(), before=after) if after else "",
        newest=url_for("web.log", **wish.words()) if wish.before else "",
        actions=ACTIONS,
        choices=CHOICES,
        word_of=word_of,
        stuck=count_stuck(),
    )


@web.get("/log/<int:call_id>")
def logged_call(call_id: int) -> str:
    """One execution: what was asked, sent and answered."""
    call = ActionCall.find_owned(tenant(), call_id) or abort(404)
    delivery = Delivery.of_call(call.id)
    outputs = {name: text for name, text in outputs_of(call).items() if name != INNER}
    contact = Contact.of_portal(tenant(), call.contact_id)
    return page(
        "log/call.html",
        "log",
        call=call,
        contact=contact,
        name=ACTIONS.get(call.action, call.action),
        word=word_of(call),
        outputs=outputs,
        question=Question.of_call(call.id),
        record_url=record_url,
        **_sent(delivery),
    )


@web.get("/log/messages")
def logged_messages() -> str:
    """Everything sent to LINE, whoever asked for it, newest first."""
    before = row_id(request.args.get("before", ""))
    deliveries, after = _newest(Delivery.owned(tenant()), Delivery.id, before)
    return page(
        "log/messages.html",
        "log",
        deliveries=deliveries,
        older=url_for("web.logged_messages", before=after) if after else "",
        newest=url_for("web.logged_messages") if before else "",
        word_of=word_of_delivery,
        stuck=count_stuck(),
    )


@web.get("/log/messages/<int:delivery_id>")
def logged_message(delivery_id: int) -> str:
    """One send: the messages as they went out, and LINE's answer."""
    delivery = Delivery.find_owned(tenant(), delivery_id) or abort(404)
    friend = Friend.find_owned(tenant(), delivery.friend_id)
    return page("log/message.html", "log", friend=friend, **_sent(delivery))


def _sent(delivery: Delivery | None) -> dict[str, Any]:
    if delivery is None:
        return {"delivery": None}
    return {
        "delivery": delivery,
        "delivery_word": word_of_delivery(delivery),
        "shown": shown_messages(delivery.messages),
        "clicks": LinkClick.of_deliveries([delivery.id]),
    }


def _newest(found: Any, key: Any, before: int) -> tuple[list[Any], int]:
    """A page under the id `before`, and the id to go on under (0: no more)."""
    if before:
        found = found.where(key < before)
    rows = db.session.scalars(found.order_by(key.desc()).limit(PAGE + 1)).unique().all()
    return list(rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else 0


def _contacts(calls: list[ActionCall]) -> dict[int, Contact]:
    """Those contacts of the page that Musubi has met, by HubSpot's id."""
    mine = select(Contact).where(Contact.installation_id == tenant())
    wanted = mine.where(Contact.contact_id.in_({call.contact_id for call in calls}))
    return {contact.contact_id: contact for contact in db.session.scalars(wanted)}
