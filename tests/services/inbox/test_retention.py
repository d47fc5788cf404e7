"""Words and files are kept as long as an account's rules say, and not after a person's erasure."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import (
    Conversation,
    ConversationMessage,
    Delivery,
    Friend,
    InboxRules,
    Media,
    db,
)
from plugin.models.media.media import RECEIVED
from plugin.models.transaction import transaction
from plugin.services.conversations import retention
from plugin.services.conversations.record import record_received
from plugin.services.conversations.retention import delete_old_messages
from plugin.services.inbox.answer import Answer, Author
from plugin.services.inbox.state import add_note
from plugin.services.media.store import keep
from tests.services.inbox.talks import conversation_of, member_of, reply, talk
from tests.services.media.files import picture, upload
from tests.support.marks import found, in_files
from tests.support.portal import Portal, mute
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def age(days: int) -> None:
    """Everything that was written so far is so old."""
    then = utcnow() - timedelta(days=days)
    with transaction() as session:
        session.execute(update(ConversationMessage).values(at=then))
        session.execute(update(Conversation).values(last_at=then))


def keep_for(account_id: int, days: int) -> None:
    with transaction() as session:
        session.add(
            InboxRules(
                official_account_id=account_id, kept_days=days, notify_after=None, notify_to=""
            )
        )


def test_words_of_both_sides_and_files_go_together(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice, "A question of the friend")
    reply(world, alice, conversation_id, Answer("An answer of the team"))
    with world.app.app_context():
        add_note(conversation_of(conversation_id), Author(member_of(alice)), "A note of the team")
        media = keep(
            world.deps, upload(picture()), installation_id=alice.installation_id, origin=RECEIVED
        )
        with transaction() as session:
            statement = update(ConversationMessage).where(ConversationMessage.direction == "in")
            session.execute(statement.values(media_id=media.id, content_state="kept"))
        keep_for(alice.account_id, 30)
        age(29)
        assert not delete_old_messages()
        assert len(db.session.scalars(select(ConversationMessage)).all()) == 3
        age(31)
        assert not delete_old_messages()
        words = ["A question of", "An answer of", "A note of"]
        # LINE's own event has a time of its own.
        assert [hit for hit in found(words) if "webhook_event" not in hit] == []
        conversation = conversation_of(conversation_id)
        assert (conversation.unread, conversation.waiting_since) == (0, None)
        assert db.session.scalars(select(Delivery.result)).all() == ["sent"]
    world.work()
    with world.app.app_context():
        assert db.session.scalars(select(Media)).all() == []
    page = alice.walker.go(f"{world.url}/inbox/{conversation_id}")
    assert page.status == 200


def test_each_account_has_its_own_days(world: World, alice: Tenant, charlie: Tenant) -> None:
    with world.app.app_context():
        friends = []
        for tenant in (alice, charlie):
            with transaction():
                friend = Friend(official_account_id=tenant.account_id, line_user_id="U" + "a" * 32,
                                created_at=utcnow())  # fmt: skip
                db.session.add(friend)
                db.session.flush()
                message = {"type": "text", "id": "1", "text": "Hello"}
                record_received(friend, message, utcnow())
                friends.append(friend.id)
        keep_for(alice.account_id, 10)
        age(20)
        delete_old_messages()
        statement = select(Conversation.friend_id).join(
            ConversationMessage, ConversationMessage.conversation_id == Conversation.id
        )
        left = db.session.scalars(statement).all()
        assert left == [friends[1]]


def test_many_go_in_pieces(world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    conversation_id = talk(world, alice)
    with world.app.app_context():
        with transaction():
            friend = conversation_of(conversation_id).friend
            for number in range(4):
                message = {"type": "text", "id": f"m{number}", "text": "Hello"}
                record_received(friend, message, utcnow())
        age(400)
        rounds = 0
        while delete_old_messages():
            rounds += 1
        assert rounds == 2
        assert db.session.scalars(select(ConversationMessage)).all() == []


def test_nothing_is_left_of_a_person_who_is_forgotten(world: World, alice: Tenant) -> None:
    mute(world)
    conversation_id = talk(world, alice, "A question of the friend")
    with world.app.app_context():
        user_id = conversation_of(conversation_id).friend.line_user_id
    reply(world, alice, conversation_id, Answer("An answer of the team"))
    with world.app.app_context():
        add_note(conversation_of(conversation_id), Author(member_of(alice)), "A note of the team")
    Portal(world, alice).tell({"subscriptionType": "contact.privacyDeletion"})
    world.work()
    words = ["A question of", "An answer of", "A note of", user_id]
    with world.app.app_context():
        assert found(words) == []
        assert in_files(str(world.app.config["SQLALCHEMY_DATABASE_URI"]), words) == []
