"""Words of broadcasts that several pages show."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from plugin.models.broadcasts.broadcast import (
    ALL,
    CANCELLED,
    DRAFT,
    FINISHED,
    PAUSED,
    SCHEDULED,
    SEGMENT,
    SENDING,
    UPLOAD,
    Broadcast,
)
from plugin.models.broadcasts.recipient import FAILED, HELD_OUT, LEFT_OUT, SENT, UNKNOWN, WAITING
from plugin.models.broadcasts.recipient import SENDING as UNDER_WAY

STATE_WORDS = {
    DRAFT: lazy_gettext("Draft"),
    SCHEDULED: lazy_gettext("Scheduled"),
    SENDING: lazy_gettext("Being sent"),
    PAUSED: lazy_gettext("Paused"),
    FINISHED: lazy_gettext("Finished"),
    CANCELLED: lazy_gettext("Cancelled"),
}
RECIPIENT_WORDS = {
    SENT: lazy_gettext("sent"),
    WAITING: lazy_gettext("waiting"),
    UNDER_WAY: lazy_gettext("under way"),
    FAILED: lazy_gettext("failed"),
    UNKNOWN: lazy_gettext("unknown outcome"),
    LEFT_OUT: lazy_gettext("left out"),
    HELD_OUT: lazy_gettext("held out"),
}
LETTERS = "ABCD"


def audience_word(broadcast: Broadcast, segment_names: dict[int, str]) -> str:
    """Return who a broadcast goes to, in a few words."""
    if broadcast.audience == ALL:
        return str(_("All friends"))
    if broadcast.audience == SEGMENT:
        name = segment_names.get(broadcast.segment_id or 0, "")
        return str(_("Segment: %(name)s", name=name) if name else _("A segment"))
    name = broadcast.list_name or broadcast.list_id
    if broadcast.audience == UPLOAD:
        silent = _("Got “%(name)s” and did not tap", name=name)
        return str(silent if name and broadcast.upload else _("An uploaded list"))
    return str(_("HubSpot list: %(name)s", name=name) if name else _("A HubSpot list"))
