"""The Log: executions, messages to LINE, and failed jobs."""

from typing import Any, NamedTuple

from flask import abort, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from plugin.models.base import db
from plugin.models.newest import newest_rows
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.call_search import CallFilter, find_calls
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.question import Question
from plugin.models.system.job import Job
from plugin.services.executions.execution import outputs_of
from plugin.web.layout import page
from plugin.web.log.blueprint import blueprint
from plugin.web.log.words import ACTIONS, CHOICES, word_of, word_of_delivery
from plugin.web.message_templates.preview import preview_messages
from plugin.web.newest import PAGE, cut, newest
from plugin.web.owned import record_url, row_id
from plugin.web.session import tenant

# An output for HubSpot, not for people.
INNER = "hs_execution_state"


class LogQuery(NamedTuple):
    """The query string's filter; an invalid value counts as absent."""

    q: str = ""
    action: str = ""
    result: str = ""
    before: int = 0

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> "LogQuery":
        """Read a query string. `before`: the page holds ids below it."""
        action, result = args.get("action", ""), args.get("result", "")
        return cls(
            args.get("q", "").strip()[:200].replace("\0", ""),
            action if action in ACTIONS else "",
            result if result in CHOICES else "",
            row_id(args.get("before", "")),
        )

    def words(self) -> dict[str, Any]:
        """Return the filter as query arguments, without the position in the list."""
        return {name: value for name, value in self._asdict().items() if value and name != "before"}


@blueprint.get("/log")
def log() -> str:
    query = LogQuery.of(request.args)
    statement = find_calls(tenant(), CallFilter(query.q, query.action, query.result))
    calls, after = newest(statement, ActionCall.id, query.before)
    return page(
        "log/list.html",
        "log",
        query=query,
        calls=calls,
        contacts=_contacts(calls),
        older=url_for("log.log", **query.words(), before=after) if after else "",
        newest=url_for("log.log", **query.words()) if query.before else "",
        actions=ACTIONS,
        choices=CHOICES,
        word_of=word_of,
        failed=Job.count_failed(tenant()),
    )


@blueprint.get("/log/<row_id:call_id>")
def logged_call(call_id: int) -> str:
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


@blueprint.get("/log/messages")
def logged_messages() -> str:
    before = row_id(request.args.get("before", ""))
    deliveries, after = cut(newest_rows(Delivery, tenant(), PAGE + 1, before))
    return page(
        "log/messages.html",
        "log",
        deliveries=deliveries,
        older=url_for("log.logged_messages", before=after) if after else "",
        newest=url_for("log.logged_messages") if before else "",
        word_of=word_of_delivery,
        failed=Job.count_failed(tenant()),
    )


@blueprint.get("/log/messages/<row_id:delivery_id>")
def logged_message(delivery_id: int) -> str:
    delivery = Delivery.find_owned(tenant(), delivery_id) or abort(404)
    friend = Friend.find_owned(tenant(), delivery.friend_id)
    return page("log/message.html", "log", friend=friend, **_sent(delivery))


def _sent(delivery: Delivery | None) -> dict[str, Any]:
    if delivery is None:
        return {"delivery": None}
    return {
        "delivery": delivery,
        "delivery_word": word_of_delivery(delivery),
        "shown": preview_messages(delivery.messages),
        "clicks": LinkClick.of_deliveries([delivery.id]),
    }


def _contacts(calls: list[ActionCall]) -> dict[int, Contact]:
    """The stored contacts of these executions, by HubSpot's id."""
    statement = select(Contact).where(Contact.installation_id == tenant())
    of_calls = statement.where(Contact.contact_id.in_({call.contact_id for call in calls}))
    return {contact.contact_id: contact for contact in db.session.scalars(of_calls)}
