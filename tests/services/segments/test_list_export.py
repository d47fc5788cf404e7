"""Static HubSpot lists of linked friends: whole, once, resumed, with HubSpot's words."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Friend, Installation, db
from plugin.models.audience.list_export import ListExport
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.broadcasts.recipient_search import RecipientFilter
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.transaction import transaction
from plugin.services.segments.list_export import (
    ExportRefused,
    InvalidName,
    export_recipients,
    export_rule,
)
from plugin.services.segments.members import RuleError
from tests.support.crowd import Crowd, gather
from tests.support.portal import mute
from tests.support.world import PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases

LISTS = "/hubspot-api/crm/lists/2026-09"
EVERYBODY: dict[str, Any] = {"all": []}


@pytest.fixture
def crowd(world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    """Five linked friends and two others; batches of two."""
    mute(world)
    monkeypatch.setattr("plugin.services.segments.list_export.BATCH_SIZE", 2)
    crowd = gather(world, alice, 5)
    with world.app.app_context(), transaction() as session:
        for letter in "ab":
            ids = {"official_account_id": alice.account_id, "line_user_id": "U" + letter * 32}
            session.add(Friend(created_at=utcnow(), **ids))
    world.work()
    return crowd


def begin(world: World, tenant: Tenant, rule: Any = EVERYBODY, name: str = "On LINE") -> int:
    with world.app.app_context():
        return export_rule(world.deps, world.account(tenant), name, rule, "alice").id


def export(world: World, export_id: int) -> ListExport:
    with world.app.app_context():
        return db.session.get_one(ListExport, export_id)


def lists(world: World, name: str = "On LINE") -> list[str]:
    kept = world.sandbox.app.extensions["world"].store.all(f"list:{PORTAL}")
    return [each["listId"] for each in kept if each["name"] == name]


def members(world: World, list_id: str) -> set[str]:
    kept = world.sandbox.app.extensions["world"].store.keys(f"member:{PORTAL}:{list_id}")
    return set(kept)


def test_all_linked_friends_are_in_a_new_list(world: World, alice: Tenant, crowd: Crowd) -> None:
    made = begin(world, alice)
    world.work()
    done = export(world, made)
    assert (done.state, done.added, done.not_linked, done.error) == ("finished", 5, 2, "")
    assert lists(world) == [done.list_id]
    assert members(world, done.list_id) == set(crowd.contact_ids)


def test_only_those_whom_the_rule_chooses(world: World, alice: Tenant, crowd: Crowd) -> None:
    chosen = {"field": "contact.id", "op": "in", "value": crowd.contact_ids[:3]}
    done = begin(world, alice, {"all": [chosen]})
    world.work()
    assert members(world, export(world, done).list_id) == set(crowd.contact_ids[:3])


@pytest.mark.parametrize("path", [f"{LISTS}$", "/memberships/add$"])
def test_a_lost_answer_makes_no_second_list_and_no_gap(
    world: World, alice: Tenant, crowd: Crowd, path: str
) -> None:
    world.sandbox.fail(path, "lost", times=2)
    made = begin(world, alice)
    for _ in range(5):
        world.work(ahead=120)
    done = export(world, made)
    assert (done.state, done.added, done.not_linked) == ("finished", 5, 2)
    assert lists(world) == [done.list_id]
    assert members(world, done.list_id) == set(crowd.contact_ids)


def test_a_refusal_is_told_in_hubspots_words(world: World, alice: Tenant, crowd: Crowd) -> None:
    effect = {"status": 400, "body": {"message": "The portal has too many lists."}}
    world.sandbox.fail(f"{LISTS}$", effect)
    made = begin(world, alice)
    world.work()
    done = export(world, made)
    words = "The portal has too many lists."
    assert (done.state, done.reason, done.error) == ("failed", "", words)


def test_a_taken_name_and_a_missing_scope_are_said_before(
    world: World, alice: Tenant, crowd: Crowd
) -> None:
    begin(world, alice)
    world.work()
    with pytest.raises(ExportRefused, match="already"):
        begin(world, alice)
    with pytest.raises(InvalidName):
        begin(world, alice, name=" ")
    with pytest.raises(RuleError):
        begin(world, alice, {"all": [{"field": "hubspot.gone", "op": "known"}]}, "Other")
    with world.app.app_context(), transaction():
        installation = db.session.get_one(Installation, alice.installation_id)
        installation.scopes = [each for each in installation.scopes if "lists.write" not in each]
    with pytest.raises(ExportRefused, match=r"crm\.lists\.write"):
        begin(world, alice, name="Other")
    assert lists(world, "Other") == []


def test_recipients_of_a_broadcast_by_what_became_of_them(
    world: World, alice: Tenant, crowd: Crowd
) -> None:
    with world.app.app_context():
        now, about = utcnow(), {"official_account_id": alice.account_id}
        broadcast = Broadcast(name="News", created_at=now, **about)
        with transaction() as session:
            session.add(broadcast)
            session.flush()
            states = [("sent", ""), ("sent", ""), ("left_out", "blocked"), ("left_out", "capped")]
            people = zip(crowd.friend_ids, states, (0, 1, 0, 1), strict=False)
            for friend_id, (state, reason), variant in people:
                row = Recipient(broadcast_id=broadcast.id, state=state, reason=reason)
                row.friend_id, row.variant, row.settled_at = friend_id, variant, now
                session.add(row)
            # A member of a HubSpot list who is linked to no friend.
            loose = {"broadcast_id": broadcast.id, "contact_id": int(crowd.contact_ids[4])}
            session.add(Recipient(state="left_out", reason="not_linked", **loose))
            [tapped] = session.scalars(
                select(Recipient).where(Recipient.friend_id == crowd.friend_ids[1])
            )
            delivery = Delivery(
                official_account_id=alice.account_id, friend_id=tapped.friend_id,
                broadcast_id=broadcast.id, retry_key="one", messages=[], created_at=now,
            )  # fmt: skip
            link = {"official_account_id": alice.account_id, "fingerprint": "one"}
            target = LinkTarget(url="https://shop.example.com/", **link)
            session.add_all([delivery, target])
            session.flush()
            tapped.delivery_id = delivery.id
            click = {"delivery_id": delivery.id, "link_target_id": target.id}
            session.add(LinkClick(first_at=now, last_at=now, **click))
            writer = session.get_one(Friend, crowd.friend_ids[0])
            writer.last_received_at = now + timedelta(minutes=1)
        filters = {
            "Silent": RecipientFilter(tapped=False),
            "Tapped": RecipientFilter(tapped=True),
            "Replied": RecipientFilter(replied=True),
            "No reply": RecipientFilter(replied=False, variant=1),
            "Variant B": RecipientFilter(variant=1),
            "Sent": RecipientFilter("sent"),
            "Capped": RecipientFilter("left_out", "capped"),
            "Loose": RecipientFilter(reason="not_linked"),
        }
        made = [
            export_recipients(world.deps, broadcast, name, query).id
            for name, query in filters.items()
        ]
    world.work()
    found = [members(world, export(world, each).list_id) for each in made]
    ids = crowd.contact_ids
    what_they_did = [{ids[0]}, {ids[1]}, {ids[0]}, {ids[1]}, {ids[1], ids[3]}]
    assert found == [*what_they_did, set(ids[:2]), {ids[3]}, {ids[4]}]
