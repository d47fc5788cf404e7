"""Receivers of outgoing webhooks: register, change, try out, read their log, replay."""

from typing import Any

from flask import g

from plugin.api.access import tenant
from plugin.api.paging import Page, PageQuery, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, own
from plugin.api.resources.system.webhook_schemas import (
    EXAMPLE,
    PERIOD,
    ChangeSchema,
    EventDeliveryQuery,
    EventDeliverySchema,
    NewWebhookSchema,
    RegisterSchema,
    ReplayedSchema,
    ReplaySchema,
    SecretSchema,
    TestedSchema,
    WebhookSchema,
    explained,
)
from plugin.guards import get_deps
from plugin.models.outgoing.event import EventDelivery
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.services.outgoing.receivers import (
    change,
    register,
    remove,
    rotate_secret,
    send_test,
)
from plugin.services.outgoing.replay import replay_given_up, replay_period

blueprint = Resource("webhooks", "Servers of yours that are told what happens")


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(WebhookSchema))
def list_webhooks(query: dict[str, Any]) -> Page:
    """List the receivers"""
    return page(WebhookReceiver.owned(tenant().id), WebhookReceiver.id, query)


@blueprint.post("")
@blueprint.arguments(RegisterSchema, example=EXAMPLE)
@blueprint.response(201, NewWebhookSchema)
def register_webhook(body: dict[str, Any]) -> WebhookReceiver:
    """Register a receiver

    The secret that signs its events is in this answer and in no other.
    """
    g.once_shown = ("secret",)
    with explained():
        return register(get_deps(), tenant(), body["url"], body["events"])


@blueprint.get("/<webhook_id>")
@blueprint.response(200, WebhookSchema)
def get_webhook(webhook_id: str) -> WebhookReceiver:
    """Look at one receiver"""
    return _receiver(webhook_id)


@blueprint.patch("/<webhook_id>")
@blueprint.arguments(ChangeSchema, example={"active": False})
@blueprint.response(200, WebhookSchema)
def change_webhook(body: dict[str, Any], webhook_id: str) -> WebhookReceiver:
    """Change address, events, or whether it is on

    `active: true` also goes on with a receiver that was switched off by itself: what waits is sent.
    """
    receiver = _receiver(webhook_id)
    if body:
        with explained():
            change(get_deps(), receiver, **body)
    return _receiver(webhook_id)


@blueprint.delete("/<webhook_id>")
@blueprint.response(204)
def remove_webhook(webhook_id: str) -> None:
    """Remove a receiver with its log"""
    with explained():
        remove(_receiver(webhook_id))


@blueprint.post("/<webhook_id>/secret")
@blueprint.response(201, SecretSchema)
def rotate_webhook_secret(webhook_id: str) -> dict[str, Any]:
    """Make a new secret

    For a day the one before is valid too: each event then has both signatures.
    """
    g.once_shown = ("secret",)
    with explained():
        until = rotate_secret(_receiver(webhook_id))
    return {"secret": _receiver(webhook_id).secret, "previous_secret_until": until}


@blueprint.post("/<webhook_id>/test")
@blueprint.response(202, TestedSchema)
def test_webhook(webhook_id: str) -> dict[str, int]:
    """Send it an event `webhook.test`

    What came of it is in its deliveries.
    """
    with explained():
        return {"delivery": send_test(_receiver(webhook_id))}


@blueprint.get("/<webhook_id>/deliveries")
@blueprint.arguments(EventDeliveryQuery, location="query")
@blueprint.response(200, list_of(EventDeliverySchema))
def list_webhook_deliveries(query: dict[str, Any], webhook_id: str) -> Page:
    """List what it was told or will be, newest first; for 14 days"""
    rows = EventDelivery.of_receiver(_receiver(webhook_id).id, query["state"])
    return page(rows, EventDelivery.id, query, newest_first=True)


@blueprint.post("/<webhook_id>/replay")
@blueprint.arguments(ReplaySchema, example=PERIOD)
@blueprint.response(200, ReplayedSchema)
def replay_webhook_deliveries(body: dict[str, Any], webhook_id: str) -> dict[str, int]:
    """Send events once more, with the ids that they had

    Without `start` and `end`: those that were given up, 20000 at a time. With both: all of that
    period, which may have no more than 20000.
    """
    receiver, start, end = _receiver(webhook_id), body["start"], body["end"]
    with explained():
        if start is None and end is None:
            return {"replayed": replay_given_up(receiver)}
        if start is None or end is None or end <= start:
            raise invalid("end", "Give both start and end, and the end after the start.")
        return {"replayed": replay_period(receiver, start, end)}


def _receiver(webhook_id: str) -> WebhookReceiver:
    receiver: WebhookReceiver = own(WebhookReceiver, webhook_id)
    return receiver
