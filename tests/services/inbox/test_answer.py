"""Answers: free while LINE allows it, sent once for any number of presses, refused in words."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Delivery, Friend, Member, db
from plugin.models.transaction import transaction
from plugin.services.connections.connection import switch_mode
from plugin.services.inbox.answer import Answer, AnswerRefused, Author, free_until
from plugin.services.inbox.claim import claim, release
from plugin.services.inbox.state import add_note, mark_read
from plugin.services.message_templates.library import archive_template, create_template
from tests.actions.calls import arrived
from tests.services.inbox.talks import conversation_of, member_of, messages_of, reply, talk, write
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
PUSH, REPLY = "/v2/bot/message/push", "/v2/bot/message/reply"


def kinds(world: World) -> list[str]:
    return [row["kind"] for row in arrived(world)]


def test_the_first_answer_is_free_and_the_second_counts(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context():
        assert free_until(conversation_of(conversation_id)) is not None
    assert reply(world, alice, conversation_id, Answer("Yes")) == "sent"
    with world.app.app_context():
        conversation = conversation_of(conversation_id)
        assert free_until(conversation) is None
        assert (conversation.unread, conversation.waiting_since) == (0, None)
        assert conversation.last_direction == "out"
        assert conversation.assigned_to == member_of(alice).id
    assert reply(world, alice, conversation_id, Answer("And again")) == "sent"
    assert kinds(world) == ["reply", "push"]


def test_pressing_twice_sends_once(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    for _ in range(3):
        assert reply(world, alice, conversation_id, Answer("Once"), "the form") == "sent"
    assert kinds(world) == ["reply"]
    with world.app.app_context():
        assert [row.text for row in messages_of(conversation_id)] == ["Hello?", "Once"]


def test_pressing_many_times_at_once_sends_once(world: World, alice: Tenant) -> None:
    conversation_id, presses = talk(world, alice), 6
    together = threading.Barrier(presses)

    def press(_: int) -> str:
        together.wait(20)
        return reply(world, alice, conversation_id, Answer("Once"), "the form")

    with ThreadPoolExecutor(presses) as hands:
        results = list(hands.map(press, range(presses)))
    # Who came second may be told before it is sent.
    assert set(results) <= {"sent", ""}
    assert kinds(world) == ["reply"]
    with world.app.app_context():
        assert [row.text for row in messages_of(conversation_id)] == ["Hello?", "Once"]


def test_words_and_a_template_go_as_one_message(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context():
        bubbles = [{"type": "text", "text": f"Bubble {number}"} for number in range(4)]
        account = world.account(alice)
        four = create_template(account, "Four", bubbles).id
        five = create_template(account, "Five", [*bubbles, bubbles[0]]).id
    what = Answer("Look at this", template_id=four)
    assert reply(world, alice, conversation_id, what) == "sent"
    texts = [message["text"] for message in arrived(world)[0]["messages"]]
    assert texts == ["Look at this", "Bubble 0", "Bubble 1", "Bubble 2", "Bubble 3"]
    with pytest.raises(AnswerRefused):
        reply(world, alice, conversation_id, what._replace(template_id=five))
    with world.app.app_context():
        assert messages_of(conversation_id)[-1].text == "Look at this"


def test_a_free_answer_needs_nothing_of_the_month(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context():
        account = world.account(alice)
        channel = account.channel_id
        with transaction():
            account.quota_used_up_at = utcnow()
    world.sandbox.control("POST", "/quota", {"channel": channel, "limit": 0, "used": 0})
    assert reply(world, alice, conversation_id, Answer("Free")) == "sent"
    assert reply(world, alice, conversation_id, Answer("Not free")) == "quota_exceeded"
    assert kinds(world) == ["reply"]


def test_nothing_is_promised_while_sending_is_paused(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context():
        assert switch_mode(world.account(alice).installation, "pause")
    with pytest.raises(AnswerRefused):
        reply(world, alice, conversation_id, Answer("Later"))
    with world.app.app_context():
        assert switch_mode(world.account(alice).installation, "resume")
    assert reply(world, alice, conversation_id, Answer("Now")) == "sent"


def test_tokens_are_filled_with_their_defaults(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    text = "Dear {{ contact.jobtitle | default('friend') }}"
    assert reply(world, alice, conversation_id, Answer(text)) == "sent"
    assert arrived(world)[0]["messages"][0]["text"] == "Dear friend"
    with world.app.app_context():
        assert conversation_of(conversation_id).last_text == "Dear …"


def test_a_lost_push_is_sent_again_under_its_key_and_arrives_once(
    world: World, alice: Tenant
) -> None:
    conversation_id = talk(world, alice)
    reply(world, alice, conversation_id, Answer("The free one"))
    world.sandbox.fail(PUSH, "lost", times=1)
    assert reply(world, alice, conversation_id, Answer("Lost?")) == ""
    world.work(60)
    with world.app.app_context():
        delivery = db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert delivery is not None
        assert delivery.result == "sent"
    assert kinds(world) == ["reply", "push"]


def test_a_lost_free_answer_stays_unknown(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    world.sandbox.fail(REPLY, "lost", times=1)
    reply(world, alice, conversation_id, Answer("Maybe"))
    world.work(60)
    with world.app.app_context():
        assert db.session.scalars(select(Delivery)).one().state == "unknown"
    assert kinds(world) == ["reply"]


@pytest.mark.parametrize("text", ["", "   \n", "x" * 5001, "{{ contact.firstname"])
def test_what_cannot_be_sent_is_refused_before_anything_is_stored(
    world: World, alice: Tenant, text: str
) -> None:
    conversation_id = talk(world, alice)
    with pytest.raises(AnswerRefused):
        reply(world, alice, conversation_id, Answer(text))
    with world.app.app_context():
        assert db.session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize("case", ["blocked", "erased"])
def test_friends_who_cannot_be_reached(world: World, alice: Tenant, case: str) -> None:
    conversation_id = talk(world, alice)
    values = {"status": "blocked"} if case == "blocked" else {"line_user_id": "erased:1"}
    with world.app.app_context(), transaction() as session:
        session.execute(update(Friend).values(values))
    with pytest.raises(AnswerRefused):
        reply(world, alice, conversation_id, Answer("Hello"))


def test_templates_of_this_account_that_are_in_use(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    conversation_id = talk(world, alice)
    messages = [{"type": "text", "text": "From the template"}]
    with world.app.app_context():
        own = create_template(world.account(alice), "Own", messages)
        foreign = create_template(world.account(charlie), "Foreign", messages)
        gone = create_template(world.account(alice), "Gone", messages)
        archive_template(gone)
        ids = own.id, foreign.id, gone.id
    assert reply(world, alice, conversation_id, Answer(template_id=ids[0])) == "sent"
    assert arrived(world)[0]["messages"][0]["text"] == "From the template"
    for template_id in ids[1:]:
        with pytest.raises(AnswerRefused):
            reply(world, alice, conversation_id, Answer(template_id=template_id))


def test_one_answers_at_a_time(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context():
        first = member_of(alice)
        with transaction() as session:
            second = Member(
                installation_id=alice.installation_id, hubspot_user_id=77,
                email="second@example.test", signed_in_at=utcnow(), test_friends={},
            )  # fmt: skip
            session.add(second)
        conversation = conversation_of(conversation_id)
        assert claim(conversation, first) is None
        rival = claim(conversation, second)
        assert rival is not None
        assert rival.id == first.id
        assert claim(conversation, second, take_over=True) is None
        assert claim(conversation, first) is not None
        release(conversation, second)
        assert claim(conversation, first) is None
        with transaction():
            conversation.answering_until = utcnow() - timedelta(seconds=1)
        assert claim(conversation, second) is None


def test_reading_tells_line_once(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context():
        with transaction():
            world.account(alice).chat_mode = "chat"
        mark_read(conversation_of(conversation_id))
        mark_read(conversation_of(conversation_id))
    world.work()
    with world.app.app_context():
        conversation = conversation_of(conversation_id)
        assert (conversation.unread, conversation.read_token) == (0, "")


def test_an_answer_marks_what_it_answers_as_read(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context(), transaction():
        world.account(alice).chat_mode = "chat"
    reply(world, alice, conversation_id, Answer("Yes"))
    world.work()
    calls = world.sandbox.control("GET", "/calls")["calls"]
    assert [path for path in calls if "markAsRead" in path] != []
    with world.app.app_context():
        assert conversation_of(conversation_id).read_token == ""


def test_a_note_is_for_the_team_alone(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    with world.app.app_context():
        add_note(conversation_of(conversation_id), Author(member_of(alice)), "Call back")
        assert [row.direction for row in messages_of(conversation_id)] == ["in", "note"]
        for text in ("", " ", "x" * 5001):
            with pytest.raises(AnswerRefused):
                add_note(conversation_of(conversation_id), Author(member_of(alice)), text)
    write(world)
    assert kinds(world) == []
