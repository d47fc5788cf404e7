"""What friends write is kept once, in any order, and is gone when they take it back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from plugin.core.clock import utcnow
from plugin.models import Conversation, ConversationMessage, Friend, Job, db
from plugin.models.transaction import transaction
from plugin.services.conversations.record import hide_message, record_received
from plugin.services.conversations.retention import delete_old_messages, erase_conversation
from plugin.services.friends.records import get_or_create_friend
from plugin.services.inbox.state import close
from tests.actions.calls import befriended
from tests.services.inbox.talks import conversation_of, messages_of, talk, write
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
AT = datetime(2026, 3, 1, tzinfo=UTC)


def text(number: int) -> dict[str, Any]:
    return {"type": "text", "id": f"m{number}", "text": f"Words {number}"}


def test_a_message_opens_a_conversation(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice, "Are you open?")
    with world.app.app_context():
        conversation = conversation_of(conversation_id)
        assert (conversation.state, conversation.unread) == ("open", 1)
        assert conversation.last_text == "Are you open?"
        assert conversation.waiting_since is not None
        assert conversation.read_token
        close(conversation)
        assert conversation_of(conversation_id).waiting_since is None
    write(world, "Hello again")
    with world.app.app_context():
        conversation = conversation_of(conversation_id)
        assert (conversation.state, conversation.unread) == ("open", 1)
        assert [row.text for row in messages_of(conversation_id)] == [
            "Are you open?", "Hello again",
        ]  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["told", "taken back"])), max_size=12))
def test_any_order_and_any_repeat(
    world: World, alice: Tenant, steps: list[tuple[int, str]]
) -> None:
    taken: set[int] = set()
    told: set[int] = set()
    with world.app.app_context():
        with transaction() as session:
            session.execute(delete(ConversationMessage))
            session.execute(delete(Conversation))
        with transaction():
            friend = get_or_create_friend(world.account(alice), "U" + "a" * 32, AT)
        for number, step in steps:
            with transaction():
                if step == "told":
                    record_received(friend, text(number), AT + timedelta(minutes=number))
                    told.add(number)
                elif number in told:
                    hide_message(friend, f"m{number}")
                    taken.add(number)
        rows = db.session.scalars(select(ConversationMessage)).all()
        assert sorted(row.line_message_id for row in rows) == sorted(f"m{n}" for n in told)
        assert {row.text for row in rows if row.text} == {f"Words {n}" for n in told - taken}
        if told:
            conversation = db.session.scalars(select(Conversation)).one()
            assert conversation.last_at == AT + timedelta(minutes=max(told))
            assert conversation.unread == len(told)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "text", "id": "1", "text": "\ud83d half".encode("utf-16", "surrogatepass")[:0]},
        {"type": "text", "id": "2", "text": "x" * 9000},
        {"type": "location", "id": "3", "title": "Shop", "latitude": "odd", "longitude": None},
        {"type": "sticker", "id": "4", "keywords": ["a"] * 500, "packageId": 1},
        {"type": "hologram", "id": "5", "depth": {"a": {"b": [1] * 1000}}},
        {"type": "image", "id": "6", "contentProvider": {"type": "external"}},
        {"type": 7, "id": None},
    ],
)
def test_odd_messages_are_kept_as_far_as_they_can_be_read(
    world: World, alice: Tenant, message: dict[str, Any]
) -> None:
    friend_id = befriended(world, alice)
    with world.app.app_context():
        with transaction():
            record_received(db.session.get_one(Friend, friend_id), message, AT)
        row = db.session.scalars(select(ConversationMessage)).one()
        assert len(row.text) <= 5000
        assert len(str(row.payload)) < 30_000
        assert row.content_state == ""


def test_a_picture_is_fetched_by_a_job(world: World, alice: Tenant) -> None:
    friend_id = befriended(world, alice)
    with world.app.app_context():
        with transaction():
            message = {"type": "image", "id": "9", "contentProvider": {"type": "line"}}
            record_received(db.session.get_one(Friend, friend_id), message, AT)
        row = db.session.scalars(select(ConversationMessage)).one()
        assert row.content_state == "pending"
        jobs = select(Job).where(Job.kind == "fetch_content", Job.key == str(row.id))
        assert db.session.scalars(jobs).one().queue == "import"


def test_old_messages_go_and_young_ones_stay(world: World, alice: Tenant) -> None:
    friend_id = befriended(world, alice)
    with world.app.app_context():
        friend = db.session.get_one(Friend, friend_id)
        with transaction():
            record_received(friend, text(1), utcnow() - timedelta(days=366))
            record_received(friend, text(2), utcnow() - timedelta(days=364))
        assert delete_old_messages() is False
        rows = db.session.scalars(select(ConversationMessage)).all()
        assert [row.line_message_id for row in rows] == ["m2"]


def test_an_erased_person_leaves_no_word(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice, "My secret")
    with world.app.app_context():
        conversation = conversation_of(conversation_id)
        with transaction():
            erase_conversation(conversation.friend)
        conversation = conversation_of(conversation_id)
        assert (conversation.last_text, conversation.read_token) == ("", "")
        assert messages_of(conversation_id) == []
