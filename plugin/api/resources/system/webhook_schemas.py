"""What the API says of receivers, of what they were told, and of what is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import PageQuery, ResponseSchema
from plugin.api.problems import Problem, invalid, not_found
from plugin.core.webhooks.event_types import EVENT_TYPES, TEST
from plugin.core.webhooks.receiver_urls import LONGEST_URL
from plugin.models.outgoing.event import DELIVERED, GIVEN_UP, WAITING, EventDelivery
from plugin.services.outgoing.receivers import ReceiverGone, ReceiverRefused, SwitchedOff
from plugin.services.outgoing.replay import TooMany

EVENTS = validate.OneOf((*EVENT_TYPES, TEST))
STATES = validate.OneOf((WAITING, DELIVERED, GIVEN_UP))
EXAMPLE = {"url": "https://example.com/musubi", "events": ["friend.linked", "friend.unlinked"]}
PERIOD = {"start": "2026-11-27T00:00:00Z", "end": "2026-11-28T00:00:00Z"}
SECRET = {
    "description": "Shown this once. null in the answer to a repeat with the same Idempotency-Key"
}


class WebhookSchema(ResponseSchema):
    id = Id(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(validate=EVENTS), required=True)
    active = fields.Boolean(required=True, metadata={"description": "false: switched off by you"})
    halted_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "Switched off by itself since then"},
    )
    halt_reason = fields.String(required=True)  # "", failing (for days), gone (it answered 410)
    failing_since = Moment(required=True, allow_none=True)
    last_success_at = Moment(required=True, allow_none=True)
    last_failure_at = Moment(required=True, allow_none=True)
    # Events that were deleted after 14 days without its having taken them.
    lost = fields.Integer(required=True)
    lost_at = Moment(required=True, allow_none=True)
    previous_secret_until = Moment(attribute="previous_until", required=True, allow_none=True)
    created_at = Moment(required=True)


class NewWebhookSchema(WebhookSchema):
    secret = fields.String(required=True, allow_none=True, metadata=SECRET)


class ChosenSchema(Schema):
    url = PlainText(LONGEST_URL, 1)
    events = fields.List(PlainText(40, 1), validate=validate.Length(1, len(EVENT_TYPES)))


class RegisterSchema(ChosenSchema):
    url = PlainText(LONGEST_URL, 1, required=True)
    events = fields.List(
        PlainText(40, 1), required=True, validate=validate.Length(1, len(EVENT_TYPES))
    )


class ChangeSchema(ChosenSchema):
    active = fields.Boolean()


class SecretSchema(ResponseSchema):
    secret = fields.String(required=True, allow_none=True, metadata=SECRET)
    previous_secret_until = Moment(required=True)


class EventDeliverySchema(ResponseSchema):
    id = Id(required=True)
    webhook = Id(attribute="receiver_id", required=True)
    event = fields.String(
        attribute="event.key", required=True, metadata={"description": "The `webhook-id`"}
    )
    type = fields.String(attribute="event.type", required=True, validate=EVENTS)
    happened_at = Moment(attribute="event.at", required=True)
    state = fields.String(required=True, validate=STATES)
    attempts = fields.Integer(required=True)
    # Of the last try. `error` where no status came: unresolved, private, unreachable, tls, timeout
    # or lost.
    tried_at = Moment(required=True, allow_none=True)
    duration_ms = fields.Integer(required=True)
    status = fields.Integer(required=True)
    error = fields.String(required=True)
    answer = fields.String(required=True, metadata={"description": "Its first kilobyte"})
    next_try_at = Moment(required=True, allow_none=True)
    settled_at = Moment(required=True, allow_none=True)


class WholeEventDeliverySchema(EventDeliverySchema):
    body = fields.Method("_body", required=True, metadata={"type": "object"})

    def _body(self, delivery: EventDelivery) -> Any:
        return json.loads(delivery.event.body)


class EventDeliveryQuery(PageQuery):
    state = fields.String(load_default="", validate=validate.OneOf(("", *STATES.choices)))


class ReplaySchema(Schema):
    """Without a period: whatever was given up."""

    start = Moment(load_default=None)
    end = Moment(load_default=None)


class ReplayedSchema(ResponseSchema):
    replayed = fields.Integer(required=True)


class TestedSchema(ResponseSchema):
    delivery = Id(required=True)


@contextmanager
def explained() -> Iterator[None]:
    """Answer what services refuse of receivers."""
    try:
        yield
    except ReceiverRefused as error:
        errors = {name: [str(problem)] for name, problem in error.problems.items()}
        raise Problem(422, "invalid", str(error), errors=errors) from error
    except TooMany as error:
        raise invalid("end", str(error)) from error
    except ReceiverGone as error:
        raise not_found() from error
    except SwitchedOff as error:
        words = "It is switched off, so nothing is sent. Switch it on first."
        raise Problem(409, "switched_off", words) from error
