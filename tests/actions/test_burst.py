"""A list is enrolled at once, HubSpot repeats itself, LINE's answers get lost: once each."""

import time
from typing import Any

import pytest

from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from tests.actions.calls import PUSH
from tests.support.people import NOW
from tests.support.world import PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases

PEOPLE = 40


def test_each_phone_gets_one_message_and_each_callback_one_end(world: World, alice: Tenant) -> None:
    contacts = people(world, alice)
    world.sandbox.fail(PUSH, "lost", probability=0.2)
    body = {
        "portal": PORTAL,
        "action": "send-message",
        "contact_ids": contacts,
        "inputs": {"text": "Once, {{ contact.email }}"},
        "concurrency": 8,
        "repeat_fraction": 0.25,
    }
    run = world.sandbox.control("POST", "/runs", body)["run"]
    ended = work_until_over(world, run)
    assert ended["states"] == {"SUCCESS": PEOPLE}
    results = {one["outputs"]["result"] for one in ended["executions"]}
    assert results == {"sent"}
    phones = world.sandbox.control("GET", "/deliveries?summary=1")
    assert (phones["count"], phones["users"], phones["duplicates"]) == (PEOPLE, PEOPLE, 0)
    assert phones["without_key"] == 0
    assert world.sandbox.control("GET", "/callbacks")["more_than_once"] == 0


def people(world: World, tenant: Tenant) -> list[str]:
    """Contacts tied to phones that follow the account; answers HubSpot's ids."""
    with world.app.app_context():
        channel = world.account(tenant).channel_id
    made = world.sandbox.control("POST", "/contacts", {"portal": PORTAL, "count": PEOPLE})["ids"]
    friends = {"channel": channel, "count": PEOPLE}
    user_ids = world.sandbox.control("POST", "/friends", friends)["user_ids"]
    with world.app.app_context(), transaction():
        account = world.account(tenant)
        for contact_id, user_id in zip(made, user_ids, strict=True):
            friend = get_or_create_friend(account, user_id, NOW)
            friend.note_status("following", NOW)
            link(
                LinkRequest(
                    friend,
                    get_or_create_contact(tenant.installation_id, int(contact_id)),
                    "manual",
                    "t",
                )
            )
    return [str(one) for one in made]


def work_until_over(world: World, run: int) -> dict[str, Any]:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        world.work(ahead=60)
        said: dict[str, Any] = world.sandbox.control("GET", f"/executions?run={run}")
        if not {"QUEUED", "RUNNING", "RETRYING", "BLOCKED"} & said["states"].keys():
            return said
        time.sleep(0.2)
    raise AssertionError(said["states"])
