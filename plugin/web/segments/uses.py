"""What uses a segment, with links to it."""

from typing import NamedTuple

from flask import url_for
from flask_babel import lazy_gettext as _

from plugin.models.audience.segment import Segment
from plugin.services.segments.usage import usage_of
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
