"""Conversations for tests: a friend of the sandbox who writes, and what Musubi keeps of it."""

import secrets
from typing import Any

from sqlalchemy import select

from plugin.models import Conversation, ConversationMessage, Member, db
from plugin.services.inbox.answer import Answer, Author, answer
from tests.actions.calls import befriended
from tests.support.world import Tenant, World


def talk(world: World, tenant: Tenant, text: str = "Hello?") -> int:
    """Charlie follows the account and has just written; answers the conversation's id."""
    befriended(world, tenant)
    write(world, text)
    with world.app.app_context():
        return db.session.scalars(select(Conversation.id)).one()


def write(world: World, text: str = "Hello?", **message: Any) -> None:
    said = {
        "type": "text",
        "id": secrets.token_hex(8),
        "text": text,
        "markAsReadToken": "read",
        **message,
    }
    event = {"type": "message", "user": "charlie", "message": said}
    world.sandbox.control("POST", "/line-events", {"events": [event]})
    world.work()


def conversation_of(conversation_id: int) -> Conversation:
    """The conversation as it stands, inside the app's context."""
    return db.session.get_one(Conversation, conversation_id, populate_existing=True)


def messages_of(conversation_id: int) -> list[ConversationMessage]:
    rows = ConversationMessage.of_conversation(conversation_id, 100)
    return rows[::-1]


def member_of(tenant: Tenant) -> Member:
    statement = select(Member).where(Member.installation_id == tenant.installation_id)
    return db.session.scalars(statement.order_by(Member.id)).first()  # type: ignore[return-value]


def reply(world: World, tenant: Tenant, conversation_id: int, what: Answer, key: str = "") -> str:
    """Answer, and return the delivery's result."""
    with world.app.app_context():
        conversation = conversation_of(conversation_id)
        form_key = key or secrets.token_hex(4)
        return answer(world.deps, conversation, Author(member_of(tenant)), what, form_key).result
