"""States of receivers and deliveries, and what came of a call, in the reader's words."""

from datetime import timedelta

from flask_babel import gettext, lazy_gettext
from flask_babel import gettext as _

from plugin.core.clock import utcnow
from plugin.core.webhooks.event_types import EVENT_TYPES
from plugin.core.webhooks.receiver_urls import PRIVATE
from plugin.models.outgoing.event import DELIVERED, GIVEN_UP, WAITING, EventDelivery
from plugin.models.outgoing.line_relay import LOOP
from plugin.models.outgoing.receiver import FAILING, GONE, WebhookReceiver
from plugin.web.language import in_words
from plugin.web.log.words import StateLabel

SOON = timedelta(minutes=2)
STATES = {
    WAITING: lazy_gettext("Not delivered yet"),
    DELIVERED: lazy_gettext("Delivered"),
    GIVEN_UP: lazy_gettext("Given up"),
}
_TROUBLES = {
    "unresolved": lazy_gettext("The name in the address was not found."),
    "unreachable": lazy_gettext("Nobody answers at this address."),
    "tls": lazy_gettext("The certificate is not good for this address."),
    "timeout": lazy_gettext("No answer came in time."),
    "lost": lazy_gettext("The connection broke before an answer came."),
    LOOP: lazy_gettext(
        "It sends LINE's calls back to Musubi, which does not relay them again. Take Musubi's"
        " address out of that tool, or end the relay."
    ),
}


def event_word(event_type: str) -> str:
    sentence = EVENT_TYPES.get(event_type)
    return in_words(sentence) if sentence is not None else gettext("Test event")


def chosen_words(receiver: WebhookReceiver) -> str:
    return " · ".join(event_word(event) for event in receiver.events)


def outcome_words(status: int, error: str) -> str:
    """Say why a call was not taken."""
    if error == "private":
        return in_words(PRIVATE)
    if error in _TROUBLES:
        return str(_TROUBLES[error])
    if 300 <= status < 400:
        words = _(
            "It answered %(status)s, a redirect. Musubi follows none: give the last address.",
            status=status,
        )
        return str(words)
    return str(_("It answered %(status)s.", status=status)) if status else ""


def receiver_word(receiver: WebhookReceiver) -> StateLabel:
    if not receiver.active:
        return StateLabel("off", _("Switched off"))
    if receiver.takes_nothing:
        return (
            StateLabel("bad", _("Switched off by itself"))
            if receiver.halted_at is not None
            else StateLabel("warn", _("Failing"))
        )
    if receiver.last_success_at is not None:
        return StateLabel("ok", _("Works"))
    return StateLabel("none", _("Nothing sent yet"))


_HALTED = {
    GONE: lazy_gettext(
        "It answered that it is gone for good (410). Its events are kept for 14 days; they go out"
        " when you switch it on again."
    ),
    FAILING: lazy_gettext(
        "It took nothing for five days. Its events are kept for 14 days; they go out when you"
        " switch it on again."
    ),
}


def halt_words(receiver: WebhookReceiver) -> str:
    return str(_HALTED.get(receiver.halt_reason, ""))


def delivery_word(delivery: EventDelivery) -> StateLabel:
    if delivery.state == DELIVERED:
        return StateLabel("ok", str(STATES[DELIVERED]))
    if delivery.state == GIVEN_UP:
        return StateLabel("bad", str(STATES[GIVEN_UP]))
    if delivery.attempts:
        return StateLabel("warn", _("Will be tried again"))
    return StateLabel("busy", _("Waits"))


def is_soon_tried(delivery: EventDelivery) -> bool:
    """Whether somebody who waits for what comes of it has not long to wait."""
    return delivery.state == WAITING and abs(delivery.next_at - utcnow()) < SOON


def is_overdue(delivery: EventDelivery) -> bool:
    """Whether its next try is now, or waits for an earlier event of the same friend."""
    return delivery.next_at <= utcnow()
