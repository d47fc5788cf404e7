"""Servers of others, on this machine, and what they were told."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from plugin.core.webhooks.event_types import EVENT_TYPES
from plugin.factory import wire_dependencies
from plugin.models import EventDelivery, Installation, Job, WebhookReceiver, db
from plugin.models.transaction import transaction
from plugin.services.outgoing.receivers import register
from tests.gateways.scripted_server import Reply, ScriptedServer, Seen
from tests.support.world import Tenant, World

PATH = "/hooks"


@contextmanager
def private_allowed(world: World) -> Iterator[None]:
    """The tests' receivers are this machine's, which only the setting allows."""
    before = world.app.extensions["musubi"].settings
    allowed = replace(before, webhook_private_networks=True)
    wire_dependencies(world.app, allowed, None)
    try:
        yield
    finally:
        wire_dependencies(world.app, before, None)


@contextmanager
def server() -> Iterator[ScriptedServer]:
    """A receiver that takes everything."""
    scripted = ScriptedServer()
    scripted.on("POST", PATH, Reply(200, b"ok"))
    try:
        yield scripted
    finally:
        scripted.stop()


def listen(world: World, tenant: Tenant, url: str, *events: str) -> int:
    """Register a receiver of a tenant; answers its id."""
    with world.app.app_context():
        installation = db.session.get_one(Installation, tenant.installation_id)
        return register(world.deps, installation, url, events or EVENT_TYPES).id


def received(script: ScriptedServer, path: str = PATH) -> list[dict[str, Any]]:
    """The bodies that came, in order."""
    return [seen.json() for seen in script.sent_to(path)]


def ids(script: ScriptedServer, path: str = PATH) -> list[str]:
    """The `webhook-id`s that came, in order."""
    return [seen.headers["webhook-id"] for seen in script.sent_to(path)]


def is_signed(secret: str, seen: Seen) -> bool:
    """Whether one of the signatures is this secret's."""
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed + seen.body, hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(digest).decode()}"
    return wanted in seen.headers["webhook-signature"].split(" ")


def receiver_of(world: World, receiver_id: int) -> WebhookReceiver:
    """The receiver as it stands, inside the app's context."""
    return db.session.get_one(WebhookReceiver, receiver_id, populate_existing=True)


def states(world: World, receiver_id: int) -> list[str]:
    """The states of its deliveries, in their order."""
    with world.app.app_context():
        rows = EventDelivery.of_receiver(receiver_id).order_by(EventDelivery.id)
        return [row.state for row in db.session.scalars(rows)]


def time_passes(world: World, span: timedelta) -> None:
    """So much later: pauses are over, and what failed fails since then."""
    deliveries = ("next_at", "first_tried_at")
    receivers = ("rests_until", "failing_since", "last_success_at", "previous_until")
    with world.app.app_context(), transaction():
        for model, names in ((EventDelivery, deliveries), (WebhookReceiver, receivers)):
            for row in db.session.query(model):
                for name in names:
                    at = getattr(row, name)
                    if at is not None:
                        setattr(row, name, at - span)
        db.session.execute(update(Job).where(Job.kind == "send_webhooks").values(ready_ms=0))
