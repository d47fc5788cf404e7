"""Schemas of broadcasts: what a program sends, and what it gets."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from plugin.api.fields import Id, Moment, PlainText
from plugin.api.messages import messages_field
from plugin.api.paging import PageQuery, ResponseSchema
from plugin.models.broadcasts.broadcast import (
    ALL,
    CANCELLED,
    DRAFT,
    FINISHED,
    PAUSED,
    SCHEDULED,
    SENDING,
)
from plugin.models.broadcasts.recipient import FAILED, HELD_OUT, LEFT_OUT, SENT, UNKNOWN, WAITING
from plugin.services.broadcasts.drafts import LONGEST_NAME, MOST_VARIANTS

STATES = validate.OneOf((DRAFT, SCHEDULED, SENDING, PAUSED, FINISHED, CANCELLED))
RECIPIENT_STATES = (WAITING, "sending", SENT, FAILED, UNKNOWN, LEFT_OUT, HELD_OUT)
MOST_IDS, LONGEST_REASON = 5000, 40
MOST_MINUTES, MOST_RATE, MOST_NUMBER = 7 * 24 * 60, 60_000, 100_000_000


def _whole(low: int, high: int, **more: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(low, high), **more)


class ProgressSchema(ResponseSchema):
    total = fields.Integer(required=True)  # everybody chosen: the sum of the following
    sent = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    # LINE's answer was lost; they may have got it.
    unknown = fields.Integer(required=True)  # type: ignore[assignment]
    held_out = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    left_out = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class BroadcastSchema(ProgressSchema):
    id = Id(required=True)
    official_account = Id(required=True)
    name = fields.String(required=True)
    version = fields.Integer(
        required=True, metadata={"description": "Counts the changes of the draft"}
    )
    state = fields.String(required=True, validate=STATES)
    reason = fields.String(required=True)  # why it is paused by itself, or did not start
    error = fields.String(required=True)
    audience = fields.String(
        required=True, validate=validate.OneOf(("all", "segment", "list", "upload"))
    )
    segment = Id(required=True, allow_none=True)
    list_id = fields.String(required=True)
    schedule_at = Moment(required=True, allow_none=True)
    approval = fields.String(required=True)  # "", asked, approved, declined or expired
    template_versions = fields.List(
        fields.Integer(),
        required=True,
        metadata={
            "description": "While it waits for approval: of each variant, the version of its"
            " template that goes out; 0 where it has messages of its own"
        },
    )
    created_at = Moment(required=True)
    frozen_at = Moment(required=True, allow_none=True)  # since when the people stay the same
    first_sent_at = Moment(required=True, allow_none=True)
    finished_at = Moment(required=True, allow_none=True)


def _tracks_links() -> fields.Boolean:
    words = (
        "Whether web addresses in `messages` lead over Musubi, so that taps are counted; absent: as"
        " before, or true. A template has its own"
    )
    return fields.Boolean(metadata={"description": words})


def _check_tracks_links(data: dict[str, Any]) -> None:
    if "tracks_links" in data and "messages" not in data:
        raise ValidationError("Give it together with messages.", "tracks_links")


class ContentSchema(Schema):
    """A variant: messages, or a template of the library."""

    messages = messages_field("One to five LINE message objects", required=False)
    template = Id()
    tracks_links = _tracks_links()

    @validates_schema
    def _has_either(self, data: dict[str, Any], **_: Any) -> None:
        if ("messages" in data) == ("template" in data):
            raise ValidationError("Give either messages or a template.", "messages")
        _check_tracks_links(data)


class GoalSchema(Schema):
    kind = fields.String(
        required=True, validate=validate.OneOf(("list", "property", "link", "deal"))
    )
    value = PlainText(500, load_default="")  # a list id, a property's value, or a link
    property = PlainText(100)
    days = _whole(1, 30, load_default=7)


class DraftSchema(Schema):
    """What a draft may be: its people, what it sends, and how."""

    segment = Id()
    list_id = fields.String(validate=validate.Regexp("^[0-9]{1,20}$"))
    ids = fields.List(
        fields.String(validate=validate.Length(max=320)),
        validate=validate.Length(1, MOST_IDS),
        metadata={"description": "LINE user ids, HubSpot contact ids or email addresses"},
    )
    # One of `messages` and `template`, or `variants` of them for a split test.
    messages = messages_field("One to five LINE message objects", required=False)
    template = Id()
    tracks_links = _tracks_links()
    variants = fields.List(fields.Nested(ContentSchema), validate=validate.Length(2, MOST_VARIANTS))
    split_percent = _whole(1, 100)
    split_by = fields.String(validate=validate.OneOf(("taps", "goal")))
    split_hours = _whole(1, 7 * 24)
    schedule_at = Moment(allow_none=True)
    per_minute = _whole(1, MOST_RATE, allow_none=True)
    spread_minutes = _whole(1, MOST_MINUTES, allow_none=True)
    silent = fields.Boolean()
    ignores_quiet_hours = fields.Boolean()
    cap_override = PlainText(255)  # the reason why the frequency cap does not count
    budget = _whole(1, MOST_NUMBER, allow_none=True)
    when_short = fields.String(validate=validate.OneOf(("ask", "budget", "next_month")))
    holdout_percent = _whole(0, 50)
    goal = fields.Nested(GoalSchema, allow_none=True)
    campaign = PlainText(
        100, allow_none=True, metadata={"description": "The id of one of `campaigns`; null: none"}
    )

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        _check_tracks_links(data)
        chosen = [name for name in ("segment", "list_id", "ids", "audience") if name in data]
        if len(chosen) > 1:
            raise ValidationError("Give only one of segment, list_id and ids.", chosen[1])


def _contents_in(data: dict[str, Any]) -> list[str]:
    return [name for name in ("messages", "template", "variants") if name in data]


class NewBroadcastSchema(DraftSchema):
    """Without segment, list_id and ids: every friend who follows the account, linked or not."""

    official_account = Id(required=True)
    name = PlainText(LONGEST_NAME, load_default="")

    @validates_schema
    def _has_content(self, data: dict[str, Any], **_: Any) -> None:
        if len(_contents_in(data)) != 1:
            raise ValidationError("Give one of messages, template and variants.", "messages")


class ChangedBroadcastSchema(DraftSchema):
    """What is left out stays."""

    name = PlainText(LONGEST_NAME, 1)
    audience = fields.String(
        validate=validate.Equal(ALL),
        metadata={"description": "all: every friend who follows the account", "enum": [ALL]},
    )
    version = fields.Integer(
        strict=True,
        metadata={"description": "The version that was read; where it is another one now: 409"},
    )

    @validates_schema
    def _has_one_content(self, data: dict[str, Any], **_: Any) -> None:
        if len(_contents_in(data)) > 1:
            raise ValidationError("Give one of messages, template and variants.", "messages")


class BroadcastQuery(PageQuery):
    official_account = Id(load_default=None)
    state = fields.String(load_default="", validate=validate.OneOf(("", *STATES.choices)))


class ResumeSchema(Schema):
    when_short = fields.String(
        load_default="", validate=validate.OneOf(("", "ask", "budget", "next_month"))
    )


class BroadcastCheckSchema(ResponseSchema):
    chosen = fields.Integer(required=True)
    reach = fields.Integer(required=True)  # how many would get it now
    held_out = fields.Integer(required=True)
    left_out = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    waits_until = Moment(required=True, allow_none=True)  # by quiet hours
    quota_left = fields.Integer(required=True, allow_none=True)
    needs_approval = fields.Boolean(required=True)
    is_unusual = fields.Boolean(required=True)
    problems = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)


class RecipientSchema(ResponseSchema):
    id = Id(required=True)
    friend = Id(required=True, allow_none=True)
    line_user_id = fields.String(required=True, allow_none=True)
    contact_id = Id(required=True, allow_none=True)
    variant = fields.Integer(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(RECIPIENT_STATES))
    reason = fields.String(required=True)
    held_until = Moment(required=True, allow_none=True)
    sent_at = Moment(required=True, allow_none=True)


class RecipientQuery(PageQuery):
    state = fields.String(load_default="", validate=validate.OneOf(("", *RECIPIENT_STATES)))
    reason = PlainText(LONGEST_REASON, load_default="")
    variant = _whole(0, MOST_VARIANTS - 1, load_default=None)
    tapped = fields.Boolean(load_default=None)
    replied = fields.Boolean(load_default=None)
