"""Ask and wait: the first answer in time counts, and everything else is told apart."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import ActionCall, Job, Question, db
from plugin.models.transaction import transaction
from plugin.sandbox import account_to_connect
from plugin.services.actions.expire import expire_calls
from plugin.services.executions.questions import accept_answer
from tests.actions.calls import PUSH, arrived, befriended, run
from tests.support.people import friend_of, line_user, linked
from tests.support.world import BOB, Tenant, World

ASK = {"question": "Coming?", "choices": "Yes\nNo thanks"}
ERRORS = {"answer": "", "answer_text": ""}


def ask(world: World, inputs: dict[str, str] | None = None, **more: Any) -> dict[str, str]:
    return run(world, "ask-question", ASK if inputs is None else inputs, **more)


def asked(world: World, tenant: Tenant) -> int:
    """A question that has arrived on the phone; answers the friend's row id."""
    friend_id = befriended(world, tenant)
    assert ask(world)["hs_execution_state"] == "BLOCK"
    world.work()
    return friend_id


def hear(world: World, friend_id: int, event: dict[str, Any], late: bool = False) -> None:
    """An event of LINE's, after the time is over or before."""
    at = utcnow() + timedelta(hours=25 if late else 0)
    with world.app.app_context(), transaction():
        accept_answer(friend_of(friend_id), event, at)


def typed(words: str) -> dict[str, Any]:
    return {"type": "message", "message": {"type": "text", "text": words}}


def tapped(world: World, choice: int) -> dict[str, Any]:
    message = next(one for one in arrived(world) if "quickReply" in one["messages"][0])
    item = message["messages"][0]["quickReply"]["items"][choice]
    return {"type": "postback", "postback": {"data": item["action"]["data"]}}


def question(world: World) -> Question:
    with world.app.app_context():
        return db.session.scalars(select(Question).order_by(Question.id.desc())).first() or abort()


def abort() -> Question:
    pytest.fail("no question was asked")


def run_out(world: World) -> None:
    """The waiting time goes by."""
    with world.app.app_context(), transaction():
        for one in db.session.scalars(select(Question)):
            one.closes_at = utcnow() - timedelta(seconds=1)
    world.work(ahead=24 * 3600 + 5)


@pytest.mark.both_databases
def test_a_tap_ends_the_wait_with_its_choice(world: World, alice: Tenant) -> None:
    friend_id = asked(world, alice)
    (sent,) = arrived(world)
    labels = [one["action"]["label"] for one in sent["messages"][0]["quickReply"]["items"]]
    assert labels == ["Yes", "No thanks"]
    assert ask(world)["hs_execution_state"] == "BLOCK", "still waiting"
    hear(world, friend_id, tapped(world, 1))
    answer = {"result": "answered", "answer": "No thanks", "answer_text": "No thanks", "error": ""}
    assert ask(world) == {**answer, "hs_execution_state": "SUCCESS"}


def test_hubspot_is_asked_to_wait_longer_than_we_do(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    held = ask(world, {**ASK, "wait_hours": "48.0"})
    assert held == {"hs_execution_state": "BLOCK", "hs_expiration_duration": "PT2894M"}


def test_a_choice_counts_as_a_reader_counts(world: World, alice: Tenant) -> None:
    """Twenty signs to a reader, and 560 to a database."""
    kiss = "👩🏽\u200d❤️\u200d💋\u200d👩🏽" + "\u0301" * 18
    friend_id = befriended(world, alice)
    questions = {**ASK, "choices": f"{kiss * 20}\nNo"}
    assert ask(world, questions)["hs_execution_state"] == "BLOCK"
    world.work()
    hear(world, friend_id, tapped(world, 0))
    assert ask(world, questions)["answer"] == kiss * 20


@pytest.mark.both_databases
def test_a_typed_answer_counts_where_it_matches_a_choice(world: World, alice: Tenant) -> None:
    friend_id = asked(world, alice)
    hear(world, friend_id, typed("What do you mean?"))
    hear(world, friend_id, {"type": "message", "message": {"type": "sticker"}})
    assert question(world).state == "open"
    hear(world, friend_id, typed(" ｎｏ THANKS "))
    outputs = ask(world)
    assert (outputs["answer"], outputs["answer_text"]) == ("No thanks", " ｎｏ THANKS ")


def test_what_was_typed_before_the_question_went_out_is_no_answer(
    world: World, alice: Tenant
) -> None:
    """LINE's events may come late, and a question may wait behind others."""
    friend_id = befriended(world, alice)
    ask(world)
    hear(world, friend_id, typed("yes"))
    before = utcnow()
    world.work()
    with world.app.app_context(), transaction():
        accept_answer(friend_of(friend_id), typed("yes"), before)
    assert question(world).state == "open"
    hear(world, friend_id, typed("no thanks"))
    assert ask(world)["answer"] == "No thanks"


@pytest.mark.both_databases
def test_the_first_answer_wins_and_a_second_tap_changes_nothing(
    world: World, alice: Tenant
) -> None:
    friend_id = asked(world, alice)
    hear(world, friend_id, tapped(world, 0))
    hear(world, friend_id, tapped(world, 1))
    hear(world, friend_id, typed("no thanks"))
    run_out(world)
    assert ask(world)["answer"] == "Yes"
    assert (question(world).state, question(world).late_at) == ("answered", None)


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


def test_nobody_else_can_answer(world: World, alice: Tenant) -> None:
    asked(world, alice)
    other, _ = linked(world, alice, contact_id=BOB, user_id=line_user("bob"))
    hear(world, other, tapped(world, 0))
    hear(world, other, typed("yes"))
    assert question(world).state == "open"


@pytest.mark.parametrize("data", ["musubi.answer:guessed:0", "musubi.answer:{ref}:9", "other"])
def test_a_postback_that_is_no_answer_changes_nothing(
    world: World, alice: Tenant, data: str
) -> None:
    friend_id = asked(world, alice)
    data = data.format(ref=question(world).reference)
    hear(world, friend_id, {"type": "postback", "postback": {"data": data}})
    hear(world, friend_id, {"type": "postback"})
    hear(world, friend_id, {"type": "message"})
    assert question(world).state == "open"


@pytest.mark.both_databases
def test_of_two_questions_the_newest_that_fits_is_answered(world: World, alice: Tenant) -> None:
    friend_id = asked(world, alice)
    second = {"question": "Size?", "choices": "S\nM"}
    ask(world, second, callback="ap-2")
    world.work()
    hear(world, friend_id, typed("m"))
    hear(world, friend_id, typed("yes"))
    assert ask(world, second, callback="ap-2")["answer"] == "M"
    assert ask(world)["answer"] == "Yes"


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


@pytest.mark.both_databases
def test_the_sweep_ends_a_question_whose_timer_was_thrown_away(world: World, alice: Tenant) -> None:
    asked(world, alice)
    with world.app.app_context(), transaction():
        db.session.scalars(select(ActionCall)).one().expires_at = utcnow()
    with world.app.app_context():
        expire_calls()
    assert ask(world)["result"] == "timed_out"
    assert question(world).state == "timed_out"


@pytest.mark.parametrize("late", [False, True])
def test_an_answer_that_was_taken_back_keeps_its_choice_and_not_its_words(
    world: World, alice: Tenant, late: bool
) -> None:
    asked(world, alice)
    if late:
        run_out(world)
    channel = account_to_connect(world.sandbox.app, 0)["channel_id"]
    said = {"type": "text", "id": "700", "text": "no THANKS"}
    for told in (
        {"type": "message", "message": said},
        {"type": "unsend", "unsend": {"messageId": "700"}},
    ):
        body = {"channel": channel, "events": [{"user": "charlie", **told}]}
        world.sandbox.control("POST", "/line-events", body)
        world.work()
        known = question(world)
        words = known.late_text if late else known.answer_text
        assert words == ("no THANKS" if told["type"] == "message" else "")
    assert (known.late_answer if late else known.answer) == "No thanks"
    if not late:
        outputs = ask(world)
        assert (outputs["answer"], outputs["answer_text"]) == ("No thanks", "")
