"""Segments kept: versions, names, cycles, what uses them, and what is gone."""

from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.core.overwrites import ChangedMeanwhile, fingerprints
from plugin.models import OfficialAccount, Segment, SegmentVersion, db
from plugin.models.audience.list_export import ListExport
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.transaction import transaction
from plugin.services.segments.check import is_member
from plugin.services.segments.library import (
    archive_segment,
    checked,
    create_segment,
    duplicate,
    editable,
    restore_version,
    save_segment,
)
from plugin.services.segments.members import RuleError, check_rule
from plugin.services.segments.preview import preview
from plugin.services.segments.usage import segments_using, usage_of
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases

FOLLOWS = {"field": "friend.status", "op": "is", "value": "following"}
LINKED = {"field": "linkage.linked", "op": "is", "value": True}


def within(*ids: int) -> dict[str, Any]:
    return {"all": [{"field": "segment", "op": "in", "value": list(ids)}]}


def repeated(segment: Segment, times: int) -> dict[str, Any]:
    return {"any": within(segment.id)["all"] * times}


def faults(account: OfficialAccount, rule: Any, segment_id: int | None = None) -> dict[str, str]:
    with pytest.raises(RuleError) as raised:
        check_rule(account, rule, segment_id)
    return {fault.path: str(fault.message) for fault in raised.value.faults}


def test_every_rule_is_kept_and_a_former_one_comes_back(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        segment = create_segment(world.account(alice), " My  friends ", {"all": [FOLLOWS]}, "a@b.c")
        assert segment.name == "My friends"
        seen = fingerprints(editable(segment))
        assert save_segment(segment, "My friends", {"all": [LINKED]}, seen=seen)
        assert not save_segment(segment, "Ours", {"all": [LINKED]})
        with pytest.raises(ChangedMeanwhile):
            save_segment(segment, "Ours", {"all": []}, seen=seen)
        assert restore_version(segment, 1)
        rules = [version.rule for version in SegmentVersion.of_segment(segment)]
        assert rules == [{"all": [FOLLOWS]}, {"all": [LINKED]}, {"all": [FOLLOWS]}]
        copy = duplicate(segment, "Copy")
        assert (copy.version, SegmentVersion.current(copy).rule) == (1, {"all": [FOLLOWS]})


def test_faults_of_name_and_rule_come_together(world: World, alice: Tenant) -> None:
    with world.app.app_context(), pytest.raises(RuleError) as raised:
        create_segment(world.account(alice), " ", {"all": [{}]})
    assert [fault.path for fault in raised.value.faults] == ["name", "all.0.field"]


def test_a_segment_never_names_itself(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        account = world.account(alice)
        first = create_segment(account, "First", {"all": [FOLLOWS]})
        second = create_segment(account, "Second", within(first.id))
        third = create_segment(account, "Third", within(second.id))
        for rule in (within(first.id), within(third.id)):
            with pytest.raises(RuleError) as raised:
                save_segment(first, "First", rule)
            assert [fault.path for fault in raised.value.faults] == ["all.0.value"]
            assert "itself" in str(raised.value)
        assert SegmentVersion.current(first).rule == {"all": [FOLLOWS]}


def test_a_chain_of_segments_has_an_end(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        account = world.account(alice)
        last = create_segment(account, "0", {"all": [FOLLOWS]})
        for number in range(1, 5):
            last = create_segment(account, str(number), within(last.id))
        fifth = create_segment(account, "5", within(last.id))
        assert "deep" in str(faults(account, within(fifth.id)))


def test_many_that_name_many_are_too_long_and_found_quickly(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        account = world.account(alice)
        inner = create_segment(account, "0", {"all": [FOLLOWS] * 30})
        middle = create_segment(account, "1", repeated(inner, 20))
        assert "too long" in faults(account, repeated(middle, 40))[""]


def test_what_is_gone_is_said_where_it_is_named(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    with world.app.app_context():
        account, now = world.account(alice), utcnow()
        ids = {"installation_id": alice.installation_id, "chosen_at": now}
        stage = SyncedProperty(name="stage", label="Stage", type="enumeration", **ids)
        people = SyncedList(list_id="7", name="People", **ids)
        with transaction() as session:
            session.add_all([stage, people])
        rule = {
            "any": [
                {"field": "hubspot.stage", "op": "is", "value": "lead"},
                {"field": "hubspot.list", "op": "in", "value": ["7"]},
            ]
        }
        inner = create_segment(account, "Inner", rule)
        outer = create_segment(account, "Outer", within(inner.id))
        assert segments_using(alice.installation_id, property="stage") == [inner]
        assert segments_using(alice.installation_id, list="7") == [inner]
        assert not segments_using(alice.installation_id, list="8")
        with transaction():
            stage.state = people.state = "missing"
        assert faults(account, rule) == {
            "any.0.field": "HubSpot has no property “Stage” any more.",
            "any.1.value": "HubSpot has no list “People” any more.",
        }
        with pytest.raises(RuleError, match="has a fault itself"):
            checked(outer)
        archive_segment(inner)
        assert faults(account, within(inner.id)) == {"all.0.value": "This segment is gone."}
        theirs = create_segment(world.account(charlie), "Theirs", {"all": []})
        assert faults(account, within(theirs.id)) == {"all.0.value": "This segment is gone."}


def test_what_uses_a_segment_is_known(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        account, now = world.account(alice), utcnow()
        segment = create_segment(account, "Used", {"all": [FOLLOWS]})
        assert not usage_of(segment)
        outer = create_segment(account, "Outer", within(segment.id))
        about = {"official_account_id": account.id, "name": "News"}
        planned = Broadcast(segment_id=segment.id, state="scheduled", created_at=now, **about)
        done = Broadcast(segment_id=segment.id, state="finished", created_at=now, **about)
        export = ListExport(installation_id=alice.installation_id, started_at=now, **about)
        export.source = {"rule": within(segment.id)}
        with transaction() as session:
            session.add_all([planned, done, export])
        usage = usage_of(segment)
        assert (usage.segments, usage.broadcasts, usage.exports) == ([outer], [planned], [export])


def test_one_person_is_in_or_not(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        account = world.account(alice)
        inside = create_segment(account, "In", {"all": [FOLLOWS, LINKED]})
        outside = create_segment(account, "Out", {"none": [LINKED]})
        assert is_member(checked(inside), friend_id)
        assert not is_member(checked(outside), friend_id)
        assert not is_member(checked(inside), friend_id + 1)


def test_a_new_account_has_the_ready_segments_and_they_can_be_changed(
    world: World, alice: Tenant
) -> None:
    with world.app.app_context():
        ready = Segment.of_account(alice.account_id)
        assert [str(each.shown_name) for each in ready][:2] == [
            "Linked friends",
            "Unlinked friends",
        ]
        for segment in ready:
            assert preview(checked(segment)).total == 0
        assert not save_segment(ready[0], "", SegmentVersion.current(ready[0]).rule)
        assert save_segment(ready[0], "Ours", {"all": []})
        db.session.refresh(ready[0])
        assert str(ready[0].shown_name) == "Ours"
