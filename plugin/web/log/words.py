"""Labels of actions, results and states in the Log."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _

from plugin.models.sending.action_call import ANSWERED, EXPIRED, QUEUED, WORKING
from plugin.models.sending.action_call import ActionCall as Call
from plugin.models.sending.call_search import CALLBACK_EXPIRED, PENDING
from plugin.models.sending.delivery import ACCEPTED, REFUSED, UNKNOWN, Delivery

ACTIONS = {
    "send-message": _("Send LINE message"),
    "ask-question": _("Ask a question on LINE and wait"),
    "generate-linkage-url": _("Generate LINE linkage URL"),
    "check-friend": _("Check LINE friend"),
    "check-segment": _("Check segment"),
    "tag-friend": _("Tag LINE friend"),
    "switch-rich-menu": _("Switch rich menu"),
}
RESULTS = {
    "sent": _("Sent"),
    "answered": _("Answered"),
    "timed_out": _("No answer in time"),
    "generated": _("Generated"),
    "checked": _("Checked"),
    "tagged": _("Tagged"),
    "switched": _("Switched"),
    "not_linked": _("Contact is not linked"),
    "blocked": _("Friend blocks the account"),
    "not_friend": _("Not a friend"),
    "wrong_provider": _("LINE ID of another provider"),
    "quota_exceeded": _("Monthly limit reached"),
    "capped": _("Frequency cap reached"),
    "invalid_message": _("Message is not valid"),
    "invalid_tag": _("Tag is not valid"),
    "menu_not_found": _("Menu not found"),
    "expired": _("Not done in time"),
    "failed": _("Failed"),
}
GOOD = ("sent", "answered", "generated", "checked", "tagged", "switched")
CHOICES = {
    PENDING: _("Under way"),
    **RESULTS,
    CALLBACK_EXPIRED: _("HubSpot did not wait"),
}


class StateLabel(NamedTuple):
    """A state's label; `look` is a state of the style sheet."""

    look: str
    text: str


def word_of(call: Call) -> StateLabel:
    if call.state in (QUEUED, WORKING):
        return StateLabel("busy", _("Under way"))
    if call.state == EXPIRED:
        return StateLabel("warn", _("HubSpot did not wait"))
    if call.state == ANSWERED:
        return StateLabel("busy", _("Telling HubSpot"))
    return _result(call.result)


def word_of_delivery(delivery: Delivery) -> StateLabel:
    if delivery.state == ACCEPTED:
        return StateLabel("ok", _("Accepted by LINE"))
    if delivery.state == UNKNOWN:
        return StateLabel("warn", _("Unknown: LINE's answer was lost"))
    return (
        _result(delivery.result)
        if delivery.state == REFUSED
        else StateLabel("busy", _("Under way"))
    )


def _result(result: str) -> StateLabel:
    look = "ok" if result in GOOD else "warn"
    return StateLabel(
        "bad" if result == "failed" else look, RESULTS.get(result, result or _("Done"))
    )
