"""The Log's words: actions, results and states as people say them."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _

from plugin.models.call_search import PENDING, UNHEARD
from plugin.models.sending import (
    ACCEPTED,
    ANSWERED,
    EXPIRED,
    REFUSED,
    TAKEN,
    UNKNOWN,
    WORKING,
    Delivery,
)
from plugin.models.sending import ActionCall as Call

ACTIONS = {
    "send-message": _("Send LINE message"),
    "ask-question": _("Ask a question on LINE and wait"),
    "generate-linkage-url": _("Generate LINE linkage URL"),
    "check-friend": _("Check LINE friend"),
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
    UNHEARD: _("HubSpot did not wait"),
}


class Word(NamedTuple):
    """What came of something; `look` is a state of the style sheet."""

    look: str
    said: str


def word_of(call: Call) -> Word:
    """An execution's state in a word."""
    if call.state in (TAKEN, WORKING):
        return Word("busy", _("Under way"))
    if call.state == EXPIRED:
        return Word("warn", _("HubSpot did not wait"))
    if call.state == ANSWERED:
        return Word("busy", _("Telling HubSpot"))
    return _result(call.result)


def word_of_delivery(delivery: Delivery) -> Word:
    """A send's state in a word."""
    if delivery.state == ACCEPTED:
        return Word("ok", _("Accepted by LINE"))
    if delivery.state == UNKNOWN:
        return Word("warn", _("Unknown: LINE's answer was lost"))
    return _result(delivery.result) if delivery.state == REFUSED else Word("busy", _("Under way"))


def _result(result: str) -> Word:
    look = "ok" if result in GOOD else "warn"
    return Word("bad" if result == "failed" else look, RESULTS.get(result, result or _("Done")))
