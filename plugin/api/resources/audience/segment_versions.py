"""A segment's versions, its copies, and segments that were put away."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import actor, tenant
from plugin.api.fields import Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import or_404
from plugin.api.resources.audience.segments import (
    RULE,
    SHOWN,
    WholeSegmentSchema,
    blueprint,
    own_segment,
    rule_problem,
)
from plugin.core.text.row_ids import row_id
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.services.segments.library import (
    LONGEST_NAME,
    duplicate,
    restore_segment,
    restore_version,
)
from plugin.services.segments.members import RuleError

SHOWN_VERSION = {"number": 1, "rule": RULE, "by": "API", "created_at": "2026-11-27T09:30:00.000Z"}


class SegmentVersionSchema(ResponseSchema):
    number = fields.Integer(required=True)
    rule = fields.Dict(required=True)
    by = fields.String(required=True)
    created_at = Moment(required=True)


class SegmentCopySchema(Schema):
    name = PlainText(LONGEST_NAME, 1)


@blueprint.get("/<segment_id>/versions")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(
    200, list_of(SegmentVersionSchema), example={"results": [SHOWN_VERSION], "after": None}
)
def list_segment_versions(query: dict[str, Any], segment_id: str) -> Page:
    """List a segment's versions, the newest first"""
    rows = SegmentVersion.owned_by(own_segment(segment_id).id)
    return page(rows, SegmentVersion.id, query, newest_first=True)


@blueprint.post("/<segment_id>/versions/<number>/restore")
@blueprint.response(200, WholeSegmentSchema, example=SHOWN)
def restore_segment_version(segment_id: str, number: str) -> Segment:
    """Make a former rule the one in force, as a new version"""
    segment = own_segment(segment_id)
    former = or_404(SegmentVersion.numbered(segment.id, number))
    try:
        restore_version(segment, former.number, actor())
    except RuleError as error:
        raise rule_problem(error) from error
    return segment


@blueprint.post("/<segment_id>/duplicate")
@blueprint.arguments(SegmentCopySchema, required=False, example={"name": "Loyal customers"})
@blueprint.response(201, WholeSegmentSchema, example=SHOWN)
def duplicate_segment(body: dict[str, str], segment_id: str) -> Segment:
    """Copy a segment"""
    segment = own_segment(segment_id)
    try:
        return duplicate(segment, body.get("name") or f"Copy of {segment.shown_name}", actor())
    except RuleError as error:
        raise rule_problem(error) from error


@blueprint.post("/<segment_id>/restore")
@blueprint.response(200, WholeSegmentSchema, example=SHOWN)
def take_segment_back(segment_id: str) -> Segment:
    """Take an archived segment into use again"""
    number = row_id(segment_id) or 0
    segment: Segment = or_404(Segment.find_owned(tenant().id, number, archived=True))
    restore_segment(segment)
    return segment
