"""A question that nobody answers in time is timed out; what comes later is kept and told apart."""

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import ActionCall, Question, db
from plugin.models.transaction import transaction
from plugin.services.actions.expire import expire_calls
from plugin.services.executions.questions import accept_answer
from tests.actions.questions.asking import ask, asked, hear, question, run_out, tapped, typed
from tests.support.people import friend_of
from tests.support.world import Tenant, World

ERRORS = {"answer": "", "answer_text": ""}


@pytest.mark.both_databases
def test_without_an_answer_our_own_timer_ends_the_wait(world: World, alice: Tenant) -> None:
    asked(world, alice)
    run_out(world)
    expected = {**ERRORS, "result": "timed_out", "error": "", "hs_execution_state": "SUCCESS"}
    assert ask(world) == expected


@pytest.mark.both_databases
def test_the_timer_does_nothing_before_its_time(world: World, alice: Tenant) -> None:
    asked(world, alice)
    world.work(ahead=24 * 3600 + 5)
    assert question(world).state == "open"


@pytest.mark.both_databases
def test_a_late_answer_is_kept_and_told_apart(world: World, alice: Tenant) -> None:
    friend_id = asked(world, alice)
    run_out(world)
    hear(world, friend_id, tapped(world, 0))
    hear(world, friend_id, tapped(world, 1))
    assert ask(world)["result"] == "timed_out"
    kept = question(world)
    assert (kept.state, kept.answer, kept.late_answer) == ("timed_out", "", "Yes")


@pytest.mark.both_databases
def test_a_late_typed_answer_counts_for_a_week_at_most(world: World, alice: Tenant) -> None:
    friend_id = asked(world, alice)
    run_out(world)
    hear(world, friend_id, typed("yes"), late=True)
    assert question(world).late_answer == "Yes"


@pytest.mark.both_databases
def test_an_answer_given_too_late_is_late_even_if_the_timer_is(world: World, alice: Tenant) -> None:
    friend_id = asked(world, alice)
    hear(world, friend_id, tapped(world, 0), late=True)
    assert ask(world)["result"] == "timed_out"
    assert question(world).late_answer == "Yes"


@pytest.mark.both_databases
def test_a_tap_that_loses_against_the_time_out_by_a_hair_is_late(
    world: World, alice: Tenant
) -> None:
    friend_id = asked(world, alice)
    tap = tapped(world, 0)
    with world.app.app_context(), transaction() as session:
        friend = friend_of(friend_id)
        looked_at = session.scalars(select(Question)).one()
        # The time-out is committed by somebody else since we looked.
        session.connection().execute(update(Question).values(state="timed_out"))
        assert looked_at.state == "open"
        accept_answer(friend, tap, utcnow())
    kept = question(world)
    assert (kept.state, kept.answer, kept.late_answer) == ("timed_out", "", "Yes")


@pytest.mark.both_databases
def test_the_sweep_ends_a_question_whose_timer_was_thrown_away(world: World, alice: Tenant) -> None:
    asked(world, alice)
    with world.app.app_context(), transaction():
        db.session.scalars(select(ActionCall)).one().expires_at = utcnow()
    with world.app.app_context():
        expire_calls()
    assert ask(world)["result"] == "timed_out"
    assert question(world).state == "timed_out"
