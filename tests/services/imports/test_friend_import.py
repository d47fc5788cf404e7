"""Importing friends from LINE and from files: never over what is known better."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models import Friend, FriendCandidate, FriendImport, db
from plugin.models.transaction import transaction
from plugin.services.imports.friend_import import (
    UnfitFile,
    begin_file_import,
    begin_friend_import,
    cancel_friend_import,
    import_friends,
)
from tests.support.imports import befriend, calls
from tests.support.people import friend_of, linked
from tests.support.world import Sandbox, Tenant, World

pytestmark = pytest.mark.both_databases


def imported(world: World, tenant: Tenant, file: bytes | None = None) -> FriendImport:
    """An import, done."""
    with world.app.app_context():
        account = world.account(tenant)
        run = begin_friend_import(account) if file is None else begin_file_import(account, file)
        run_id = run.id
    world.work()
    with world.app.app_context():
        return db.session.get_one(FriendImport, run_id)


def test_newer_knowledge_is_kept(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    blocked, unknown = befriend(sandbox, 2)
    later, _ = linked(world, alice, user_id=blocked, status="blocked")
    with world.app.app_context(), transaction():
        friend_of(later).status_at = utcnow() + timedelta(minutes=1)
        db.session.add(
            Friend(
                official_account_id=alice.account_id,
                line_user_id=unknown,
                created_at=utcnow(),
                status="blocked",
                status_at=datetime(2020, 1, 1, tzinfo=UTC),
            )
        )
    assert imported(world, alice).state == "finished"
    with world.app.app_context():
        assert friend_of(later).status == "blocked"
        friend = Friend.of_account(alice.account_id, unknown)
        assert friend is not None
        assert (friend.status, friend.display_name) == ("following", "Friend 2")


def test_many_friends_cost_a_call_a_thousand(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    befriend(sandbox, 1500)
    sandbox.control("DELETE", "/calls")
    run = imported(world, alice)
    assert (run.state, run.found, run.new, run.profiles) == ("finished", 1501, 1501, 1501)
    assert calls(sandbox)["GET /line-api/v2/bot/followers/ids"] == 2


def test_a_file_brings_friends_and_nobody_else(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    one, two, three = befriend(sandbox, 3)
    linked(world, alice, user_id=three)
    lines = ["name,id", f"a,{one}", f"b, {two} ", f"c,{three}", f"d,{one}", "e,", "U" + "0" * 32]
    run = imported(world, alice, "\r\n".join(lines).encode("utf-8-sig"))
    assert (run.state, run.total, run.found, run.new) == ("finished", 4, 3, 2)
    assert (run.unknown, run.invalid) == (1, 1)
    with world.app.app_context():
        assert not db.session.scalars(select(FriendCandidate)).all(), "nobody needs them any more"
        assert {one.line_user_id for one in db.session.query(Friend)} == {one, two, three}


def test_a_file_under_way_does_not_stand_for_all_friends(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    one, _ = befriend(sandbox, 2)
    with world.app.app_context():
        begin_file_import(world.account(alice), one.encode())
        listing = begin_friend_import(world.account(alice))
        assert begin_friend_import(world.account(alice)).id == listing.id
    world.work()
    with world.app.app_context():
        assert db.session.get_one(FriendImport, listing.id).found == 3


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "no_ids"),
        (b"id\nnonsense\n", "no_ids"),
        (b"\xff\xfe\x00", "no_ids"),
        (b"x" * 4_000_001, "too_large"),
        ("\n".join(f"U{n:032x}" for n in range(100_001)).encode(), "too_many"),
    ],
)
def test_files_that_cannot_be_taken(world: World, alice: Tenant, file: bytes, reason: str) -> None:
    with world.app.app_context(), pytest.raises(UnfitFile) as unfit:
        begin_file_import(world.account(alice), file)
    assert unfit.value.reason == reason


def test_a_file_that_was_cancelled_can_be_taken_again(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    users = befriend(sandbox, 120)
    file = "\n".join(users).encode()
    # LINE is out of order, and somebody loses patience.
    sandbox.fail("/bot/profile/", {"status": 503}, probability=0.5)
    with world.app.app_context():
        run = begin_file_import(world.account(alice), file)
        with pytest.raises(GatewayError):
            import_friends(world.deps, run.id)
        assert cancel_friend_import(run)
        assert not cancel_friend_import(run)
        assert not db.session.scalars(select(FriendCandidate)).all()
    world.work()
    with world.app.app_context():
        stopped = db.session.get_one(FriendImport, run.id)
        assert (stopped.state, stopped.profiles) == ("cancelled", 0)
    sandbox.control("DELETE", "/faults")
    world.work(ahead=120)
    again = imported(world, alice, file)
    assert (again.state, again.total, again.found) == ("finished", 120, 120)
    once_more = imported(world, alice, file)
    assert (once_more.state, once_more.new, once_more.found) == ("finished", 0, 120)
    with world.app.app_context():
        names = db.session.scalars(select(Friend.display_name)).all()
        assert sorted(names)[:2] == ["Friend 1", "Friend 10"]
