"""Webhooks to the app: which, in what form, how signed, and how stubborn."""

import hashlib
from typing import Any

import pytest

from plugin.sandbox.hubspot.workflows import signing
from tests.sandbox.hubspot.rig import ALICE, BOB, PORTAL, Client, FakeApp, until

CONTACTS = "/crm/objects/2026-09/contacts"
USER_ID = {"name": "line_user_id", "label": "LINE User ID", "type": "string", "fieldType": "text"}


@pytest.fixture
def mirrored(installed: Client) -> Client:
    """With the subscribed property in place."""
    path = "/crm/properties/2026-09/contacts"
    status, _ = installed.api("POST", path, {**USER_ID, "groupName": "contactinformation"})
    assert status == 201
    return installed


def test_a_subscribed_property_tells_of_its_change(mirrored: Client, app: FakeApp) -> None:
    body = {"properties": {"line_user_id": "U1", "city": "Kyoto"}}
    mirrored.api("PATCH", f"{CONTACTS}/{ALICE}", body)
    event = until(app.events)[0]
    assert event["subscriptionType"] == "object.propertyChange"
    assert (event["propertyName"], event["propertyValue"]) == ("line_user_id", "U1")
    assert (event["objectId"], event["portalId"]) == (int(ALICE), PORTAL)
    assert (event["changeSource"], event["attemptNumber"]) == ("INTEGRATION", 0)
    assert len(app.events()) == 1


def test_webhooks_are_signed_twice(mirrored: Client, app: FakeApp) -> None:
    mirrored.control("PATCH", f"/contacts/{ALICE}", {"properties": {"line_user_id": "U1"}})
    until(app.events)
    call, secret = app.received[0], mirrored.config.client_secret
    assert call.headers["X_HUBSPOT_SIGNATURE_VERSION"] == "v1"
    expected = hashlib.sha256(secret.encode() + call.body).hexdigest()
    assert call.headers["X_HUBSPOT_SIGNATURE"] == expected
    timestamp = int(call.headers["X_HUBSPOT_REQUEST_TIMESTAMP"])
    url = f"{mirrored.config.target}/hubspot/webhooks"
    v3 = signing.v3(secret, "POST", url, call.body, timestamp)
    assert call.headers["X_HUBSPOT_SIGNATURE_V3"] == v3


def test_batches_hold_at_most_a_hundred(mirrored: Client, app: FakeApp) -> None:
    ids = mirrored.control("POST", "/contacts", {"count": 150})["ids"]
    for start in (0, 100):
        inputs = [
            {"id": one, "properties": {"line_user_id": f"U{one}"}}
            for one in ids[start : start + 100]
        ]
        mirrored.api("POST", f"{CONTACTS}/batch/update", {"inputs": inputs})
    until(lambda: len(app.events()) == 150)
    assert max(len(one.json) for one in app.received) <= 100


def test_refused_batches_come_again_and_count_their_tries(installed: Client, app: FakeApp) -> None:
    installed.control("POST", "/hubspot", {"webhook_gaps": [0.05, 0.1, 0.2]})
    app.answer = lambda received: (500 if len(app.received) < 3 else 200, {})
    installed.api("DELETE", f"{CONTACTS}/{ALICE}")
    until(lambda: len(app.received) == 3)
    assert [event["attemptNumber"] for event in app.events()] == [0, 1, 2]
    assert {event["eventId"] for event in app.events()} == {app.events()[0]["eventId"]}


def test_deletion_restore_and_privacy(installed: Client, app: FakeApp) -> None:
    record = f"/hubspot-app/contacts/{PORTAL}/record/0-1/{ALICE}"
    for deed in ("delete", "restore", "privacy-delete"):
        assert installed.form(f"{record}/{deed}", {}).status == 303
    until(lambda: len(app.events()) == 4)
    kinds = sorted(event["subscriptionType"] for event in app.events())
    assert kinds == [
        "contact.privacyDeletion",
        "object.deletion",
        "object.deletion",
        "object.restore",
    ]


@pytest.mark.parametrize("new_id", [True, False])
def test_a_merge_names_all_ids(installed: Client, app: FakeApp, new_id: bool) -> None:
    installed.control("POST", "/hubspot", {"merge_creates_id": new_id})
    body = {"primaryObjectId": ALICE, "objectIdToMerge": BOB}
    survivor = installed.api("POST", f"{CONTACTS}/merge", body)[1]["id"]

    def merges() -> list[dict[str, Any]]:
        return [one for one in app.events() if one["subscriptionType"] == "object.merge"]

    event = until(merges)[0]
    assert event["primaryObjectId"] == int(ALICE)
    assert int(BOB) in event["mergedObjectIds"]
    assert event["newObjectId"] == int(survivor)
    assert (survivor == ALICE) is not new_id


def test_nobody_is_told_where_the_app_is_not_installed(hubspot: Client, app: FakeApp) -> None:
    hubspot.form(f"/hubspot-app/contacts/{PORTAL}/record/0-1/{ALICE}/delete", {})
    hubspot.install()
    hubspot.form(f"/hubspot-app/contacts/{PORTAL}/record/0-1/{BOB}/delete", {})
    until(app.events)
    assert [event["objectId"] for event in app.events()] == [int(BOB)]


def test_the_same_batch_may_come_twice(installed: Client, app: FakeApp) -> None:
    installed.control("POST", "/hubspot", {"webhook_copies": 2})
    installed.api("DELETE", f"{CONTACTS}/{ALICE}")
    until(lambda: len(app.received) == 2)
    assert len({one.body for one in app.received}) == 1
    deliveries = until(lambda: installed.control("GET", "/webhooks")["deliveries"])
    assert deliveries[0]["status"] == 200
