"""Why messages do not reach a friend: every reason is reached through the rows that lead to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from plugin.core.broadcasts.reasons import FAILED, LEFT_OUT
from plugin.core.clock import utcnow
from plugin.core.diagnosis.reached import HUBSPOT, RESULTS
from plugin.models import Broadcast, Delivery, Friend, Recipient, SendingRules, db
from plugin.models.transaction import transaction
from plugin.services.friends.records import get_or_create_friend
from plugin.services.sending.why import why_reached
from tests.support.people import NOW, friend_of, linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
Change = Callable[[Friend], None]


def steps_of(world: World, friend_id: int, change: Change = lambda _: None) -> dict[str, str]:
    """Change rows, and return the state and the words of every step by its key."""
    with world.app.app_context():
        with transaction():
            change(friend_of(friend_id))
        db.session.expire_all()
        steps = why_reached(friend_of(friend_id))
        return {step.key: f"{step.state}: {step.text}" for step in steps}


def of_friend(**values: object) -> Change:
    def change(friend: Friend) -> None:
        for name, value in values.items():
            setattr(friend, name, value)

    return change


def of_account(**values: object) -> Change:
    def change(friend: Friend) -> None:
        for name, value in values.items():
            setattr(friend.official_account, name, value)

    return change


def of_portal(**values: object) -> Change:
    def change(friend: Friend) -> None:
        for name, value in values.items():
            setattr(friend.official_account.installation, name, value)

    return change


def rules(**values: object) -> Change:
    def change(friend: Friend) -> None:
        account_id, now = friend.official_account_id, utcnow()
        db.session.add(SendingRules(official_account_id=account_id, changed_at=now, **values))

    return change


def recipient(state: str, reason: str = "") -> Change:
    def change(friend: Friend) -> None:
        now = utcnow()
        broadcast = Broadcast(
            official_account_id=friend.official_account_id, name="Sale", created_at=now
        )
        db.session.add(broadcast)
        db.session.flush()
        row = {"broadcast_id": broadcast.id, "friend_id": friend.id, "claimed_at": now}
        db.session.add(Recipient(state=state, reason=reason, **row))

    return change


def delivery(state: str) -> Change:
    def change(friend: Friend) -> None:
        account_id, now = friend.official_account_id, utcnow()
        db.session.add(
            Delivery(
                official_account_id=account_id, friend_id=friend.id, retry_key="k", messages=[],
                state=state, created_at=now,
            )
        )  # fmt: skip

    return change


def capped(friend: Friend) -> None:
    rules(cap_messages=1, cap_days=3)(friend)
    recipient("sent")(friend)


def used_up(friend: Friend) -> None:
    # At the test's own time: the pause ends by itself.
    of_account(quota_used_up_at=utcnow())(friend)


CASES = {
    "paused": (of_portal(state="paused"), "hubspot", f"failing: {HUBSPOT['paused']}"),
    "away": (of_portal(state="disconnected"), "hubspot", HUBSPOT["disconnected"]),
    "refused": (of_portal(refused_since=NOW), "hubspot", HUBSPOT["refused"]),
    "channel": (of_account(checks={"channel": {"ok": False}}), "account", "failing: LINE does not"),
    "used_up": (used_up, "quota", "failing: The month's messages"),
    "reserved": (
        of_account(quota_paused_until=utcnow() + timedelta(hours=9)), "quota",
        "failing: Another send has reserved",
    ),
    "blocked": (
        of_friend(status="blocked", status_since=NOW), "status",
        "failing: They have blocked the account since",
    ),
    "blocks": (of_friend(status="blocked", status_since=None), "status", "failing: They block"),
    "unknown": (of_friend(status="unknown"), "status", "unknown: Whether they have"),
    "capped": (capped, "cap", "failing: They have had what the frequency cap allows"),
    "quiet": (rules(open_hours=[[0, 0]] * 6 + [[0, 1]]), "quiet", "failing: Quiet hours hold"),
    "holdout": (rules(holdout_percent=100), "holdout", "failing: They belong to the friends"),
    "waiting": (delivery("planned"), "waiting", "unknown: A message waits to be sent since"),
    "lost": (delivery("unknown"), "last", "failing: LINE's answer to the last message was lost"),
    "sent": (of_friend(last_result="sent", last_sent_at=NOW), "last", "ok: LINE accepted"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_reason_is_reached(world: World, alice: Tenant, case: str) -> None:
    friend_id, _ = linked(world, alice)
    change, key, words = CASES[case]
    assert words in steps_of(world, friend_id, change)[key]


@pytest.mark.parametrize("result", [result for result in RESULTS if result != "lost"])
def test_every_result_of_a_send_is_said(world: World, alice: Tenant, result: str) -> None:
    friend_id, _ = linked(world, alice)
    steps = steps_of(world, friend_id, of_friend(last_result=result))
    assert steps["last"] == f"failing: {RESULTS[result][0]}"


@pytest.mark.parametrize("reason", [*LEFT_OUT, *FAILED])
def test_every_reason_of_a_broadcast_is_said(world: World, alice: Tenant, reason: str) -> None:
    friend_id, _ = linked(world, alice)
    said = steps_of(world, friend_id, recipient("left_out", reason))["broadcast"]
    assert said == f"failing: The broadcast “Sale” left them out: {(LEFT_OUT | FAILED)[reason]}"


def test_nothing_is_in_the_way_of_a_linked_friend(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    steps = steps_of(world, friend_id, recipient("sent"))
    assert [said.partition(":")[0] for said in steps.values()] == [
        "ok",
        "ok",
        "ok",
        "ok",
        "unknown",
    ]
    assert list(steps) == ["account", "status", "linked", "limits", "last"]


def test_a_friend_who_is_not_linked_is_not_reached_by_workflows(
    world: World, alice: Tenant
) -> None:
    with world.app.app_context(), transaction() as session:
        friend = get_or_create_friend(world.account(alice), "U" + "d" * 32, NOW)
        session.flush()
        friend_id = friend.id
    assert steps_of(world, friend_id)["linked"].startswith("failing: They are not linked")
