"""Webhooks to the app: collected, sent in batches, signed, repeated until accepted."""

import json
import threading
from typing import Any

import urllib3

from plugin.sandbox.hubspot.later import run_later
from plugin.sandbox.hubspot.switches import switches
from plugin.sandbox.hubspot.workflows.definition import definition, subscription
from plugin.sandbox.hubspot.workflows.signing import webhook_headers
from plugin.sandbox.world import World

Event = dict[str, Any]
BATCH = 100
# HubSpot waits five seconds for the answer.
TIMEOUT = urllib3.Timeout(connect=3, read=5)
COLLECT_SECONDS = 0.05


class Outbox:
    """Events that wait for their batch, by portal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, list[Event]] = {}

    def add(self, portal: int, event: Event) -> bool:
        """Return whether the outbox was empty, so that a flush must be scheduled."""
        with self._lock:
            waiting = self._waiting.setdefault(portal, [])
            waiting.append(event)
            return len(waiting) == 1

    def take(self, portal: int) -> list[Event]:
        with self._lock:
            return self._waiting.pop(portal, [])


def emit(world: World, portal: int, kind: str, object_id: str, source: str, **more: Any) -> None:
    """Queue an event for the app, if it is installed and has a subscription for it."""
    matching = subscription(world.config, kind, more.get("propertyName"))
    # HubSpot does not ask the app again what it wants: the uploaded definition decides.
    if matching is None or world.store.get("install", portal) is None:
        return
    event = {
        "eventId": world.store.next_id("webhook-event", 100_000_001),
        "subscriptionId": matching["id"],
        "portalId": portal,
        "appId": world.config.app_id,
        "occurredAt": world.clock.millis(),
        "subscriptionType": kind,
        "attemptNumber": 0,
        "objectId": int(object_id),
        "changeSource": source,
        "sourceId": str(world.config.app_id) if source == "INTEGRATION" else "userId:7001",
        **_kind_fields(kind),
        **more,
    }
    outbox: Outbox = world.memory.setdefault("hubspot-outbox", Outbox())
    if outbox.add(portal, event):
        run_later(world, COLLECT_SECONDS, flush, world, portal)


def _kind_fields(kind: str) -> Event:
    fields: Event = {"objectTypeId": "0-1"} if kind.startswith("object.") else {}
    if kind == "object.propertyChange":
        fields["isSensitive"] = False
    if kind == "object.deletion":
        fields["changeFlag"] = "DELETED"
    return fields


def flush(world: World, portal: int) -> None:
    """Send a portal's waiting events, at most 100 in a call."""
    outbox: Outbox = world.memory.setdefault("hubspot-outbox", Outbox())
    events = outbox.take(portal)
    for start in range(0, len(events), BATCH):
        for _ in range(int(switches(world)["webhook_copies"])):
            batch = events[start : start + BATCH]
            # Not one after the other: batches arrive in any order.
            world.background.submit(deliver, world, batch, 0)


def deliver(world: World, batch: list[Event], attempt: int) -> None:
    """Send once; anything but 2xx is sent again after a growing gap."""
    status = _post(world, [{**event, "attemptNumber": attempt} for event in batch])
    _note(world, batch, attempt, status)
    gaps = switches(world)["webhook_gaps"]
    if not 200 <= status < 300 and attempt < len(gaps):
        run_later(world, gaps[attempt], deliver, world, batch, attempt + 1)


def _post(world: World, events: list[Event]) -> int:
    url = definition(world.config)["webhooks"]["targetUrl"]
    body = json.dumps(events, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        answer = world.http.request(
            "POST",
            url,
            body=body,
            headers=webhook_headers(world, url, body),
            timeout=TIMEOUT,
            redirect=False,
        )
    except (urllib3.exceptions.HTTPError, OSError):
        return 0
    return int(answer.status)


def _note(world: World, batch: list[Event], attempt: int, status: int) -> None:
    delivery = {
        "at": world.clock.millis(),
        "portal": batch[0]["portalId"],
        "attempt": attempt,
        "status": status,
        "events": batch,
    }
    world.store.put("webhook-delivery", world.store.next_id("webhook-delivery"), delivery)
