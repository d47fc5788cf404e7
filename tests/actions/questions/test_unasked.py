"""A question that cannot be asked, or that LINE never took, says why."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Job, Question, db
from plugin.models.transaction import transaction
from tests.actions.calls import PUSH, arrived, befriended
from tests.actions.questions.asking import ASK, ask, question
from tests.support.people import line_user, linked
from tests.support.world import BOB, Tenant, World


@pytest.mark.parametrize(
    ("inputs", "result"),
    [
        ({}, "invalid_message"),
        ({**ASK, "choices": "Only one"}, "invalid_message"),
        ({**ASK, "choices": "\n".join(map(str, range(14)))}, "invalid_message"),
        ({**ASK, "choices": "Yes\n" + "x" * 21}, "invalid_message"),
        ({**ASK, "question": "Hi {{ contact.firstname }}"}, "invalid_message"),
        ({**ASK, "wait_hours": "0"}, "invalid_message"),
        ({**ASK, "wait_hours": "nan"}, "invalid_message"),
        ({**ASK, "wait_hours": "721"}, "invalid_message"),
        ({**ASK, "wait_hours": "soon"}, "invalid_message"),
        ({**ASK, "official_account": "999"}, "failed"),
        (ASK, "not_linked"),
    ],
)
def test_what_cannot_be_asked_says_why(
    world: World, alice: Tenant, inputs: dict[str, str], result: str
) -> None:
    outputs = ask(world, inputs)
    assert (outputs["result"], outputs["hs_execution_state"]) == (result, "FAIL_CONTINUE")
    assert outputs["error"]
    assert outputs["answer"] == ""


def test_a_friend_who_blocks_is_not_asked(world: World, alice: Tenant) -> None:
    linked(world, alice, status="blocked")
    assert ask(world)["result"] == "blocked"


def test_whom_line_does_not_reach_ends_the_wait_at_once(world: World, alice: Tenant) -> None:
    linked(world, alice, user_id=line_user("bob"), status="unknown")
    linked(world, alice, contact_id=BOB, user_id="U" + "f" * 32)
    ask(world)
    ask(world, contact=BOB, callback="ap-2")
    world.work()
    assert ask(world)["result"] == "not_friend"
    assert ask(world, callback="ap-2")["result"] == "wrong_provider"
    assert question(world).state == "unsent"


def test_a_used_up_month_ends_the_wait(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with world.app.app_context():
        channel = world.account(alice).channel_id
    world.sandbox.control("POST", "/quota", {"channel": channel, "limit": 5, "used": 5})
    ask(world)
    world.work()
    assert ask(world)["result"] == "quota_exceeded"


def test_a_question_that_line_never_took_in_time_is_expired(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(PUSH, {"status": 500})
    ask(world)
    with world.app.app_context(), transaction():
        from plugin.models import Delivery

        db.session.scalars(select(Delivery)).one().give_up_at = utcnow()
    world.work()
    assert ask(world)["result"] == "expired"


@pytest.mark.parametrize(
    ("limit", "result"), [("The API rate limit", "expired"), ("monthly limit", "quota_exceeded")]
)
def test_a_question_that_never_went_out_is_not_one_that_nobody_answered(
    world: World, alice: Tenant, limit: str, result: str
) -> None:
    befriended(world, alice)
    world.sandbox.fail(PUSH, {"status": 429, "body": {"message": limit}})
    assert ask(world)["hs_execution_state"] == "BLOCK"
    world.work()
    with world.app.app_context(), transaction() as session:
        session.scalars(select(Question)).one().closes_at = utcnow() - timedelta(seconds=1)
        # The time is over before the message is tried again.
        session.execute(update(Job).where(Job.kind == "close_question").values(ready_ms=0))
    world.work()
    outputs = ask(world)
    assert (outputs["result"], outputs["hs_execution_state"]) == (result, "FAIL_CONTINUE")
    assert question(world).state == "unsent"
    assert arrived(world) == []
