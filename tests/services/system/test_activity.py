"""Counts that writes keep: whatever happens, they say what a count of the rows would say."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import delete, func, select, update
from sqlalchemy.event import listen, remove

from plugin.core.clock import utcnow
from plugin.core.quota import MONTH_ZONE, day_of
from plugin.models import ActivityChange, Friend, Job, Linkage, OfficialAccount, db
from plugin.models.system import activity
from plugin.models.transaction import in_parallel, transaction
from plugin.services.broadcasts import plan_measures
from plugin.services.connections.connection import switch_mode
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.imports.friend_import import begin_file_import, begin_friend_import
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import move, unlink_manually
from plugin.services.system import activity as folding
from plugin.services.system.activity import check_counts, fold_activity
from tests.actions.calls import send
from tests.services.broadcasts.planned import PERSONAL, TEXT, sent
from tests.services.system.counts import STANDING, kept, there, without_methods
from tests.support.crowd import gather
from tests.support.imports import befriend, contacts_with, imported, list_of
from tests.support.people import NOW, linked
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, Tenant, World
from tests.webhooks.test_line import event, post

pytestmark = pytest.mark.both_databases
A, B, C = ("U" + letter * 32 for letter in "abc")


def counts(world: World, tenant: Tenant) -> dict[str, int]:
    """What is kept, which has to be what is there."""
    with world.app.app_context():
        found = kept(tenant.account_id)
        assert without_methods(found) == there(tenant.account_id)
        return found


def test_imports_and_events_are_counted(world: World, alice: Tenant) -> None:
    users = befriend(world.sandbox, 3)
    post(world, alice, [event("unfollow", user=users[0])])
    world.work()
    with world.app.app_context():
        # LINE lists the blocker as a friend again.
        begin_friend_import(world.account(alice))
    world.work()
    befriend(world.sandbox, 1)
    stranger = befriend(world.sandbox, 1)[0]
    with world.app.app_context():
        begin_file_import(world.account(alice), f"id\n{stranger}\n{users[1]}\n".encode())
    world.work()
    assert counts(world, alice) == {"friends": 4, "following": 4, "blocks": 1}
    at = 1790000000000 + 5000
    told = [event("follow", at, A), event("follow", at, A), event("message", at + 1, A),
            event("unfollow", at + 2, B), event("message", at + 3, C),
            event("unfollow", at - 2, A)]  # fmt: skip
    post(world, alice, told)
    world.work()
    expected = {"friends": 7, "following": 6, "blocked": 1, "follows": 1, "blocks": 3,
                "received": 2}  # fmt: skip
    assert counts(world, alice) == expected


def test_links_are_counted_by_how_they_came_about(world: World, alice: Tenant) -> None:
    portal = Portal(world, alice)
    linked(world, alice, ALICE, A)
    linked(world, alice, BOB, B)
    users = befriend(world.sandbox, 2)
    contact_ids = contacts_with(world.sandbox, users)
    imported(world, alice, list_of(world.sandbox, contact_ids))
    found = counts(world, alice)
    assert (found["linked"], found["linked:manual"], found["linked:import"]) == (4, 2, 2)
    with world.app.app_context():
        first = db.session.scalars(select(Linkage).order_by(Linkage.id)).unique().first()
        assert first is not None
        unlink_manually(first, "test")
        with transaction():
            friend = get_or_create_friend(world.account(alice), A, NOW)
            # Bob's contact gets another friend, which ends the link that it had.
            contact = get_or_create_contact(alice.installation_id, BOB)
            move(LinkRequest(friend, contact, "manual", "test"))
    assert counts(world, alice)["linked"] == 3
    portal.merge(contact_ids[0], contact_ids[1])
    portal.until(lambda: counts(world, alice)["linked"] == 2)
    portal.forget(BOB)
    portal.until(lambda: counts(world, alice)["linked"] == 1)
    with world.app.app_context():
        assert kept(alice.account_id)["following"] == there(alice.account_id)["following"]
        switch_mode(world.account(alice).installation, "remove")
    world.work()
    assert "linked" not in counts(world, alice)


def test_people_who_got_a_message_and_their_taps_are_counted(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 3)
    sent(world, alice, TEXT)
    sent(world, alice, PERSONAL)
    button = {"type": "uri", "label": "See", "uri": "https://example.com/sale"}
    buttons = {"type": "buttons", "text": "Sale", "actions": [button]}
    sent(world, alice, {"type": "template", "altText": "Sale", "template": buttons})
    send(world, {"text": "Hello"}, contact=int(crowd.contact_ids[0]))
    world.work()
    found = counts(world, alice)
    assert found["sent"] == 10
    rows = world.sandbox.control("GET", "/deliveries")["deliveries"]
    address = next(
        action["uri"] for row in rows for message in row["messages"]
        if message["type"] == "template" for action in message["template"]["actions"]
    )  # fmt: skip
    for _ in range(2):
        requests.get(address.split("?")[0], allow_redirects=False, timeout=10)
    assert counts(world, alice).get("tapped") == 2


def test_a_change_that_two_see_at_once_is_counted_once(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice, status="unknown")

    def follow() -> None:
        friend = db.session.get_one(Friend, friend_id)
        with transaction():
            friend.note_status("following", utcnow())

    with world.app.app_context():
        for future in in_parallel("line", [follow] * 8):
            future.result()
    assert counts(world, alice)["following"] == 1


def test_a_write_that_fails_counts_nothing(world: World, alice: Tenant) -> None:
    def fail() -> None:
        with transaction():
            get_or_create_friend(world.account(alice), A, NOW)
            db.session.flush()
            raise InterruptedError

    with world.app.app_context(), pytest.raises(InterruptedError):
        fail()
    assert counts(world, alice) == {}


def test_folding_changes_no_count(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    gather(world, alice, 3)
    linked(world, alice, ALICE, A)
    post(world, alice, [event("unfollow", user=A)])
    world.work()
    before = counts(world, alice)
    monkeypatch.setattr(folding, "BATCH_SIZE", 2)
    with world.app.app_context():
        # Two runners, each with steps of its own.
        for future in in_parallel("line", [_fold_all] * 2):
            future.result()
        assert db.session.scalar(select(func.count()).select_from(ActivityChange)) == 0
        assert not fold_activity()
    assert counts(world, alice) == before
    with world.app.app_context():
        standing = activity.totals([alice.account_id])
        assert standing == {measure: before.get(measure, 0) for measure in STANDING}
        assert activity.totals(OfficialAccount.owned_ids(alice.installation_id)) == standing


def _fold_all() -> None:
    while fold_activity():
        pass


def test_a_fold_that_is_cut_short_takes_nothing(world: World, alice: Tenant) -> None:
    gather(world, alice, 3)
    before = counts(world, alice)

    def cut(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO activity "):
            raise InterruptedError

    with world.app.app_context():
        engine = db.engine
        listen(engine, "before_cursor_execute", cut)
        try:
            with pytest.raises(InterruptedError):
                fold_activity()
        finally:
            remove(engine, "before_cursor_execute", cut)
    assert counts(world, alice) == before


def test_a_day_is_lines_day(world: World, alice: Tenant) -> None:
    late = datetime(2026, 11, 26, 14, 59, tzinfo=UTC)
    with world.app.app_context():
        with transaction():
            activity.count(alice.account_id, activity.SENT, 2, late)
            activity.count(alice.account_id, activity.SENT, 3, late + timedelta(minutes=1))
            activity.count(alice.account_id, activity.TAPPED, 0, late)
        fold_activity()
        with transaction():
            activity.count(alice.account_id, activity.SENT, 4, late)
        since = date(2026, 11, 26)
        days = activity.per_day([alice.account_id], [activity.SENT, activity.TAPPED], since)
        assert days == {"sent": {since: 6, date(2026, 11, 27): 3}}
        later = activity.per_day([alice.account_id], [activity.SENT], date(2026, 11, 27))
        assert later == {"sent": {date(2026, 11, 27): 3}}


def test_the_night_corrects_what_has_drifted(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    gather(world, alice, 3)
    linked(world, alice, ALICE, A, status="blocked")
    before = counts(world, alice)
    with world.app.app_context():
        check_counts(alice.account_id)
        assert kept(alice.account_id) == before
        with transaction() as session:
            # As a restored backup or a row that was written by hand would leave it.
            session.execute(update(Friend).values(status="blocked"))
            session.execute(delete(Linkage).where(Linkage.method == "manual"))
        noon = datetime(2026, 11, 27, 12, tzinfo=MONTH_ZONE)
        for now, planned in ((noon, 0), (noon.replace(hour=3), 1)):
            monkeypatch.setattr(plan_measures, "utcnow", lambda now=now: now)
            plan_measures.plan_measures()
            jobs = select(func.count()).select_from(Job).where(Job.kind == "check_counts")
            assert db.session.scalar(jobs) == planned
    world.work()
    corrected = counts(world, alice)
    assert (corrected["blocked"], corrected.get("following"), corrected.get("linked")) == (
        4, None, None,
    )  # fmt: skip
    with world.app.app_context():
        day = activity.per_day([alice.account_id], ["blocked"], day_of(utcnow()))
        assert sum(day["blocked"].values()) == 4
