"""Whoever asked to be forgotten leaves the rules in which somebody named them."""

import json

import pytest

from plugin.models import Contact, Installation, SegmentVersion, db
from plugin.models.transaction import transaction
from plugin.services.connections.connection import switch_mode
from plugin.services.segments.erasure import without
from plugin.services.segments.library import create_segment, save_segment
from tests.support.people import linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases

ALICES, BOBS = "U" + "a" * 32, "U" + "b" * 32


def test_ids_and_addresses_leave_every_version(world: World, alice: Tenant) -> None:
    mute(world)
    _, row_id = linked(world, alice, ALICE, ALICES)
    linked(world, alice, BOB, BOBS)
    rule = {
        "any": [
            {"field": "contact.id", "op": "in", "value": f"{ALICE}\n{BOB}"},
            {"field": "friend.line_user_id", "op": "in", "value": [ALICES, BOBS]},
            {"field": "friend.tag", "op": "is", "value": "Alice@Example.com"},
        ]
    }
    with world.app.app_context():
        with transaction() as session:
            session.get_one(Contact, row_id).email = "alice@example.com"
        segment = create_segment(world.account(alice), "Named", rule)
        assert save_segment(segment, "Named", {"all": [rule]})
    Portal(world, alice).tell({"subscriptionType": "contact.privacyDeletion"})
    world.work()
    with world.app.app_context():
        kept = [version.rule for version in db.session.query(SegmentVersion)]
        text = json.dumps(kept).lower()
        assert str(BOB) in text
        assert BOBS.lower() in text
        for word in (str(ALICE), ALICES, "alice@example.com"):
            assert word.lower() not in text


def test_a_removal_of_hubspot_keeps_the_teams_segments(world: World, alice: Tenant) -> None:
    rule = {"all": [{"field": "linkage.linked", "op": "is", "value": True}]}
    with world.app.app_context():
        create_segment(world.account(alice), "Ours", rule, "alice@example.com")
        installation = db.session.get_one(Installation, alice.installation_id)
        assert switch_mode(installation, "remove")
    world.work()
    with world.app.app_context():
        versions = db.session.query(SegmentVersion).all()
        assert rule in [version.rule for version in versions]
        assert {version.by for version in versions} == {""}


def test_other_words_stay_as_they_were() -> None:
    rule = {"all": [{"field": "a", "op": "in", "value": "12, 123;1234"}, 5, None, True]}
    assert without(rule, {"123"}) == {
        "all": [{"field": "a", "op": "in", "value": "12, ;1234"}, 5, None, True]
    }
