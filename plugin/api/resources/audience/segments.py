"""Segments: saved rules that choose friends of an Official Account."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import actor, tenant
from plugin.api.fields import Computed, Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem
from plugin.api.resource import Resource, own, owned_account
from plugin.api.resources.people.friends import FriendSchema
from plugin.core.overwrites import ChangedMeanwhile, fingerprints
from plugin.models.audience.segment import Segment
from plugin.models.time_limit import TooSlow, time_limit
from plugin.services.segments.library import (
    LONGEST_NAME,
    archive_segment,
    checked,
    create_segment,
    editable,
    save_segment,
)
from plugin.services.segments.members import RuleError, check_rule, rule_of
from plugin.services.segments.preview import SECONDS, Preview, count_members, preview
from plugin.services.segments.usage import usage_of

blueprint = Resource("segments", "Rules that choose friends, saved with every version")
RULE = {
    "all": [
        {"field": "friend.status", "op": "is", "value": "following"},
        {"field": "hubspot.lifecyclestage", "op": "in", "value": ["customer", "evangelist"]},
    ]
}
EXAMPLE = {"official_account": "1", "name": "Customers", "rule": RULE}
SHOWN = {
    **EXAMPLE,
    "id": "7",
    "ready": "",
    "version": 1,
    "created_at": "2026-11-27T09:30:00.000Z",
    "changed_at": "2026-11-27T09:30:00.000Z",
    "count": 1204,
    "used_by": {"segments": [], "broadcasts": []},
    "warnings": [],
}


def _rule(**more: Any) -> fields.Dict:
    words = "A condition (`field`, `op`, `value`, `days`) or a group (`all`, `any`, `none`)"
    return fields.Dict(keys=fields.String(), metadata={"description": words}, **more)


class SegmentSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    name = Computed(lambda segment: str(segment.shown_name), required=True)
    ready = fields.String(
        required=True, metadata={"description": "The key of one that is there from the start"}
    )
    version = fields.Integer(required=True)
    created_at = Moment(required=True)
    changed_at = Moment(required=True)


class UsageSchema(ResponseSchema):
    segments = fields.List(Id(), required=True)
    # Those that are not sent yet.
    broadcasts = fields.List(Id(), required=True)


class WholeSegmentSchema(SegmentSchema):
    rule = fields.Function(rule_of, required=True)
    # Null where something that the rule names is gone, or counting takes too long: see `warnings`.
    count = fields.Method("_count", required=True)
    used_by = fields.Method("_used_by", required=True)
    warnings = fields.Method("_warnings", required=True)

    def _count(self, segment: Segment) -> int | None:
        try:
            with time_limit(SECONDS):
                return count_members(checked(segment)).total
        except (RuleError, TooSlow):
            return None

    def _used_by(self, segment: Segment) -> dict[str, list[str]]:
        usage = usage_of(segment)
        return {
            "segments": [str(row.id) for row in usage.segments],
            "broadcasts": [str(row.id) for row in usage.broadcasts],
        }

    def _warnings(self, segment: Segment) -> list[dict[str, str]]:
        try:
            notes = checked(segment).notes
        except RuleError as error:
            notes = error.faults
        return [{"path": f"rule.{note.path}", "message": str(note.message)} for note in notes]


class PreviewSchema(ResponseSchema):
    count = fields.Integer(attribute="total", required=True)
    reachable = fields.Integer(required=True)
    linked = fields.Integer(required=True)
    left_out = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    sample = fields.List(fields.Nested(FriendSchema), required=True)
    warnings = fields.Function(
        lambda found: [
            {"path": f"rule.{note.path}", "message": str(note.message)} for note in found.notes
        ],
        required=True,
    )


class SegmentQuery(PageQuery):
    official_account = Id(load_default=None)
    archived = fields.Boolean(load_default=False)  # False: those in use


class NewSegmentSchema(Schema):
    official_account = Id(required=True)
    name = PlainText(LONGEST_NAME, 1, required=True)
    rule = _rule(required=True)


class ChangedSegmentSchema(Schema):
    name = PlainText(LONGEST_NAME, 1)
    rule = _rule()
    version = fields.Integer(
        metadata={"description": "The version that was read; where another is stored now: 409"}
    )


class PreviewedSchema(Schema):
    official_account = Id(required=True)
    rule = _rule(required=True)


@blueprint.get("")
@blueprint.arguments(SegmentQuery, location="query")
@blueprint.response(200, list_of(SegmentSchema))
def list_segments(query: dict[str, Any]) -> Page:
    """List the segments in use, or the archived ones"""
    rows = Segment.owned(tenant().id, query["archived"])
    if query["official_account"] is not None:
        rows = rows.where(Segment.official_account_id == query["official_account"])
    return page(rows, Segment.id, query)


@blueprint.post("")
@blueprint.arguments(NewSegmentSchema, example=EXAMPLE)
@blueprint.response(201, WholeSegmentSchema, example=SHOWN)
def make_segment(body: dict[str, Any]) -> Segment:
    """Create a segment

    What is wrong with the rule is named at its place, all at once: `errors` has keys like
    `rule.all.0.value`.
    """
    account = owned_account(body["official_account"])
    try:
        return create_segment(account, body["name"], body["rule"], actor())
    except RuleError as error:
        raise rule_problem(error) from error


@blueprint.post("/preview")
@blueprint.arguments(PreviewedSchema, example={"official_account": "1", "rule": RULE})
@blueprint.response(200, PreviewSchema)
def preview_segment(body: dict[str, Any]) -> Preview:
    """Count whom a rule chooses

    `count` is `reachable` and all of `left_out` together; `sample` has ten people at most. Nothing
    is stored.
    """
    account = owned_account(body["official_account"])
    try:
        return preview(check_rule(account, body["rule"]))
    except RuleError as error:
        raise rule_problem(error) from error
    except TooSlow as error:
        words = f"Counting takes longer than {SECONDS:.0f} seconds. Try again, or ask for less."
        raise Problem(503, "too_slow", words, headers={"Retry-After": "60"}) from error


@blueprint.get("/<segment_id>")
@blueprint.response(200, WholeSegmentSchema, example=SHOWN)
def get_segment(segment_id: str) -> Segment:
    """Look at one segment, with its rule and how many people are in it now"""
    return own_segment(segment_id)


@blueprint.put("/<segment_id>")
@blueprint.arguments(ChangedSegmentSchema, example={"name": "Customers", "rule": RULE})
@blueprint.response(200, WholeSegmentSchema, example=SHOWN)
def change_segment(body: dict[str, Any], segment_id: str) -> Segment:
    """Rename a segment, or give it another rule

    Another rule is a new version. What was sent, or has begun, keeps the version that it had.
    """
    segment = own_segment(segment_id)
    name, rule = body.get("name") or segment.name, body.get("rule", rule_of(segment))
    seen = fingerprints({**editable(segment), "version": body.get("version", segment.version)})
    try:
        save_segment(segment, name, rule, actor(), seen if "version" in body else None)
    except RuleError as error:
        raise rule_problem(error) from error
    except ChangedMeanwhile as error:
        words = f"The segment has version {segment.version} by now. Read it again."
        raise Problem(409, "changed", words, errors={"version": [words]}) from error
    return segment


@blueprint.delete("/<segment_id>")
@blueprint.response(204)
def archive(segment_id: str) -> None:
    """Take a segment out of use

    Broadcasts that go to it and have not begun cannot start then, and say so; `used_by` of the
    segment names them.
    """
    archive_segment(own_segment(segment_id))


def rule_problem(error: RuleError) -> Problem:
    errors: dict[str, list[str]] = {}
    for fault in error.faults:
        place = fault.path if fault.path == "name" else f"rule.{fault.path}".rstrip(".")
        errors.setdefault(place, []).append(str(fault.message))
    detail = " ".join(f"{place}: {' '.join(words)}" for place, words in errors.items())
    return Problem(422, "invalid", detail[:2000], errors=errors)


def owned_segment(segment_id: int) -> Segment:
    """Raise a 404 problem at "segment" where it is not the tenant's."""
    segment = Segment.find_owned(tenant().id, segment_id)
    if segment is None:
        words = "There is no such segment."
        raise Problem(404, "not_found", words, errors={"segment": [words]})
    return segment


def own_segment(segment_id: str) -> Segment:
    segment: Segment = own(Segment, segment_id)
    return segment
