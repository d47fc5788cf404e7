"""What uses a segment, a template, a QR code or a tag, with links to it."""

from typing import NamedTuple

from flask import url_for
from flask_babel import lazy_gettext as _
from flask_babel import ngettext, pgettext

from plugin.models.audience.segment import Segment
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.sending.template import Template
from plugin.services.broadcasts.usage import broadcasts_using
from plugin.services.segments.usage import count_uses, segments_naming, usage_of
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
        *map(_by_segment, usage.segments),
        *map(_by_broadcast, usage.broadcasts),
        *(
            Use(_("HubSpot list"), row.name, url_for("friends.list_export", export_id=row.id))
            for row in usage.exports
        ),
    ]


def uses_of_template(template: Template) -> list[Use]:
    return [_by_broadcast(row) for row in broadcasts_using(template)]


def uses_of_code(code: QRCode) -> list[Use]:
    named = segments_naming(code.official_account.installation_id, "friend.qr_code")
    return [_by_segment(row) for row in named.get(str(code.id), [])]


def uses_of_tags(installation_id: int) -> list[Use]:
    """Return the segments that name a tag, each with its tags as the kind."""
    named = segments_naming(installation_id, "friend.tag")
    return [
        _by_segment(row)._replace(kind=tag) for tag, rows in sorted(named.items()) for row in rows
    ]


def _by_segment(row: Segment) -> Use:
    url = url_for("segments.segment", segment_id=row.id)
    return Use(_("Segment"), segment_name(row), url)


def _by_broadcast(row: Broadcast) -> Use:
    url = url_for("broadcasts.broadcast", broadcast_id=row.id)
    return Use(_("Broadcast"), row.name, url, STATES.get(row.state, ""))


def used_in_words(installation_id: int) -> dict[int, str]:
    """Return "2 segments, 1 broadcast" for each segment that something uses."""
    uses = count_uses(installation_id)
    between = pgettext("values", ", ")
    return {segment_id: between.join(_parts(*counts)) for segment_id, counts in uses.items()}


def _parts(segments: int, broadcasts: int) -> list[str]:
    named = ngettext("%(num)s segment", "%(num)s segments", segments)
    sent = ngettext("%(num)s broadcast", "%(num)s broadcasts", broadcasts)
    return [words for words, number in ((named, segments), (sent, broadcasts)) if number]
