"""Actions on a whole segment: duplicate, archive, restore."""

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.audience.segment import Segment
from plugin.services.segments.library import (
    LONGEST_NAME,
    archive_segment,
    duplicate,
    restore_segment,
)
from plugin.services.segments.members import RuleError
from plugin.web.language import in_words
from plugin.web.owned import own_segment
from plugin.web.segments.blueprint import blueprint
from plugin.web.segments.names import segment_name
from plugin.web.session import person, tenant


@blueprint.post("/segments/<row_id:segment_id>/duplicate")
def duplicate_segment(segment_id: int) -> Response:
    segment = own_segment(segment_id)
    name = _("Copy of %(name)s", name=segment_name(segment))[:LONGEST_NAME]
    try:
        copy = duplicate(segment, name, person().member.email)
    except RuleError as error:
        problem = in_words(error.faults[0].message)
        flash(_("Not copied: %(problem)s", problem=problem), "bad")
        return redirect(url_for("segments.segment", segment_id=segment.id))
    flash(_("This is the copy. The first one is unchanged."))
    return redirect(url_for("segments.segment", segment_id=copy.id))


@blueprint.post("/segments/<row_id:segment_id>/archive")
def put_segment_away(segment_id: int) -> Response:
    segment = own_segment(segment_id)
    archive_segment(segment)
    flash(_("%(name)s is archived.", name=segment_name(segment)))
    return redirect(url_for("segments.segments"))


@blueprint.post("/segments/<row_id:segment_id>/restore")
def take_segment_back(segment_id: int) -> Response:
    segment = Segment.find_owned(tenant(), segment_id, archived=True) or abort(404)
    restore_segment(segment)
    flash(_("%(name)s can be chosen again.", name=segment_name(segment)))
    return redirect(url_for("segments.segment", segment_id=segment.id))
