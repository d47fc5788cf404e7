"""What uses a segment, with links to it."""

from typing import NamedTuple

from flask import url_for
from flask_babel import lazy_gettext as _
from flask_babel import ngettext, pgettext

from plugin.models.audience.segment import Segment
from plugin.services.segments.usage import count_uses, usage_of
from plugin.web.segments.names import segment_name

STATES = {"draft": _("draft"), "scheduled": _("scheduled")}


class Use(NamedTuple):
    kind: object
    name: str
    url: str
    state: object = ""


def uses_of(segment: Segment) -> list[Use]:
    usage = usage_of(segment)
    return [
        *(
            Use(_("Segment"), segment_name(row), url_for("segments.segment", segment_id=row.id))
            for row in usage.segments
        ),
        *(
            Use(
                _("Broadcast"),
                row.name,
                url_for("broadcasts.broadcast", broadcast_id=row.id),
                STATES.get(row.state, ""),
            )
            for row in usage.broadcasts
        ),
        *(
            Use(_("HubSpot list"), row.name, url_for("friends.list_export", export_id=row.id))
            for row in usage.exports
        ),
    ]


def used_in_words(installation_id: int) -> dict[int, str]:
    """Return "2 segments, 1 broadcast" for each segment that something uses."""
    uses = count_uses(installation_id)
    between = pgettext("values", ", ")
    return {segment_id: between.join(_parts(*counts)) for segment_id, counts in uses.items()}


def _parts(segments: int, broadcasts: int) -> list[str]:
    named = ngettext("%(num)s segment", "%(num)s segments", segments)
    sent = ngettext("%(num)s broadcast", "%(num)s broadcasts", broadcasts)
    return [words for words, number in ((named, segments), (sent, broadcasts)) if number]
