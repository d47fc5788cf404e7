"""The mark of open inboxes changes with everything that is stored; older pages lose nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Conversation, ConversationMessage, Delivery, Friend, db
from plugin.models.inbox.inbox_search import change_mark
from plugin.models.inbox.thread import thread
from plugin.models.transaction import transaction
from plugin.services.conversations.record import record_received
from plugin.services.inbox.answer import Answer
from tests.services.inbox.talks import conversation_of, reply, talk
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def test_a_change_that_began_earlier_and_was_stored_later_is_seen(
    world: World, alice: Tenant
) -> None:
    talk(world, alice)
    with world.app.app_context():
        with transaction() as session:
            friend = Friend(official_account_id=alice.account_id, line_user_id="U" + "b" * 32,
                            created_at=utcnow())  # fmt: skip
            session.add(friend)
            session.flush()
            record_received(friend, {"type": "text", "id": "9", "text": "Hello"}, utcnow())
        before = change_mark([alice.account_id])
        assert change_mark([alice.account_id]) == before
        newest = db.session.scalars(select(Conversation.changed_at)).all()
        with transaction() as session:
            late = max(newest) - timedelta(milliseconds=1)
            session.execute(
                update(Conversation).where(Conversation.friend_id == friend.id)
                .values(changed_at=late)
            )  # fmt: skip
        assert change_mark([alice.account_id]) != before
        assert change_mark([]) == "0"


def shown(conversation: Conversation, limit: int) -> list[str]:
    """What all pages of a conversation show, from the newest to the oldest."""
    words, before, more = [], None, True
    while more:
        items, more = thread(conversation, limit, before)
        words += [item.message.text if item.message else "sent besides" for item in items[::-1]]
        before = items[0].at
    return words


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_of_a_conversation_show_everything_once(
    world: World, alice: Tenant, limit: int
) -> None:
    conversation_id = talk(world, alice, "First")
    with world.app.app_context():
        friend = conversation_of(conversation_id).friend
        at = utcnow() + timedelta(seconds=1)
        # Pictures that are sent together have the same time.
        for number in range(4):
            with transaction():
                message = {"type": "text", "id": f"m{number}", "text": f"Together {number}"}
                record_received(friend, message, at)
    reply(world, alice, conversation_id, Answer("Answer"))
    with world.app.app_context():
        conversation = conversation_of(conversation_id)
        # Planned before everything, and sent in the middle of it.
        with transaction() as session:
            session.add(Delivery(
                official_account_id=alice.account_id, friend=conversation.friend, retry_key="k",
                messages=[], state="accepted", created_at=at - timedelta(days=1), settled_at=at,
            ))  # fmt: skip
            answer = update(ConversationMessage).where(ConversationMessage.direction == "out")
            session.execute(answer.values(at=at + timedelta(seconds=1)))
        words = shown(conversation, limit)
    assert sorted(words) == sorted(
        ["Answer", "sent besides", *(f"Together {number}" for number in range(4)), "First"]
    )
    assert (words[0], words[-1]) == ("Answer", "First")
