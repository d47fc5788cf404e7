"""Ask and wait: the first answer in time counts, and everything else is told apart."""

import pytest

from plugin.core.clock import utcnow
from plugin.models.transaction import transaction
from plugin.sandbox import account_to_connect
from plugin.services.executions.questions import accept_answer
from tests.actions.calls import arrived, befriended
from tests.actions.questions.asking import ASK, ask, asked, hear, question, run_out, tapped, typed
from tests.support.people import friend_of, line_user, linked
from tests.support.world import BOB, Tenant, World


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
