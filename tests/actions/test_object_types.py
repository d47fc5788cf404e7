"""Deal 7 is not contact 7: what every entry point does with objects that are no contacts."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.core.object_types import is_contact
from plugin.models import ActionCall, Delivery, Friend, LinkageToken, WebhookEvent, db
from tests.actions.calls import DECLARED, arrived, befriended, count, execution
from tests.support.people import contact_of, linked
from tests.support.portal import Portal
from tests.support.signing import hubspot_post
from tests.support.world import ALICE, PORTAL, Tenant, World

OTHERS = ["DEAL", "COMPANY", "TICKET", "deal", "0-2", "0-3", "0-5", "2-1234567", "LEAD", 3]


@pytest.mark.parametrize("spelling", ["CONTACT", "contact", "Contacts", "0-1", "", None])
def test_the_spellings_of_a_contact(spelling: object) -> None:
    assert is_contact(spelling)
    assert is_contact("0-1", spelling)
    assert not is_contact("0-3", spelling)


@pytest.mark.parametrize("other", OTHERS)
def test_other_objects_are_none(other: object) -> None:
    assert not is_contact(other)


def call(world: World, action: str, inputs: dict[str, Any], **enrolled: Any) -> dict[str, str]:
    body = execution(inputs)
    body["object"] = {"objectId": ALICE, **enrolled}
    answer = hubspot_post(f"{world.url}/hubspot/actions/{action}", body)
    assert answer.status_code == 200, answer.text
    fields: dict[str, str] = answer.json()["outputFields"]
    return fields


@pytest.mark.parametrize("action", DECLARED)
@pytest.mark.parametrize(
    "enrolled", [{"objectType": "DEAL"}, {"objectTypeId": "0-2"}, {"objectType": "0-5"}], ids=str
)
def test_an_action_about_something_else_is_refused_in_words(
    world: World, alice: Tenant, action: str, enrolled: dict[str, str]
) -> None:
    friend_id = befriended(world, alice)
    inputs = {
        "text": "Hi", "qr_code": str(alice.qr_code_id), "tag": "Gold", "question": "Well?",
        "choices": "Yes\nNo", "rich_menu": f"{alice.account_id}:default",
    }  # fmt: skip
    outputs = call(world, action, inputs, **enrolled)
    assert (outputs["result"], outputs["hs_execution_state"]) == ("failed", "FAIL_CONTINUE")
    assert next(iter(enrolled.values())) in outputs["error"]
    world.work()
    assert arrived(world) == []
    with world.app.app_context():
        assert (count(ActionCall), count(Delivery), count(LinkageToken)) == (0, 0, 0)
        assert db.session.get_one(Friend, friend_id).tags == []


def test_a_crowd_of_deals_is_refused_as_well(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    crowd = world.app.extensions["musubi_load_gauge"]
    inside = [crowd.enter() for _ in range(50)]
    for entered in inside:
        entered.__enter__()
    try:
        deal = call(world, "send-message", {"text": "Hi"}, objectType="DEAL")
        contact = call(world, "send-message", {"text": "Hi"}, objectType="CONTACT")
    finally:
        for entered in inside:
            entered.__exit__(None, None, None)
    assert (deal["result"], contact["hs_execution_state"]) == ("failed", "BLOCK")


@pytest.mark.parametrize("enrolled", [{"objectType": "0-1"}, {"objectTypeId": "0-1"}, {}], ids=str)
def test_a_contact_is_a_contact_however_it_is_spelled(
    world: World, alice: Tenant, enrolled: dict[str, str]
) -> None:
    befriended(world, alice)
    assert call(world, "send-message", {"text": "Hi"}, **enrolled)["result"] == "sent"


def test_the_editor_of_a_deal_workflow_is_offered_nothing(world: World, alice: Tenant) -> None:
    body = {"origin": {"portalId": PORTAL}, "inputFieldName": "official_account"}
    url = f"{world.url}/hubspot/actions/send-message/options"
    for kind, offers in (("0-1", True), ("0-3", False)):
        page = hubspot_post(url, {**body, "objectTypeId": kind}).json()
        assert bool(page["options"]) is offers


@pytest.mark.parametrize(
    "kind", ["object.deletion", "contact.privacyDeletion", "object.merge", "object.propertyChange"]
)
def test_events_of_other_objects_change_nothing(world: World, alice: Tenant, kind: str) -> None:
    _, contact_row = linked(world, alice)
    world.work()
    merged = {"primaryObjectId": ALICE, "mergedObjectIds": [ALICE], "newObjectId": 77}
    change = {"propertyName": "line_user_id", "propertyValue": "U" + "f" * 32}
    Portal(world, alice).tell({"subscriptionType": kind, "objectTypeId": "0-3", **merged, **change})
    with world.app.app_context():
        contact = contact_of(contact_row)
        assert (contact.deleted_at, contact.pull_pending, contact.merged_into_id) == (
            None, False, None,
        )  # fmt: skip
        told = select(WebhookEvent).where(WebhookEvent.source == "hubspot")
        assert "0-3" not in str([event.payload for event in db.session.scalars(told)])
