"""What a team does with a conversation besides answering: read, note, assign, close."""

import structlog

from plugin.core.clock import utcnow
from plugin.core.text.sentences import Sentence
from plugin.gateways import GatewayError
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import CLOSED, OPEN, Conversation
from plugin.models.inbox.message import NOTE, ConversationMessage
from plugin.models.people.friend import Friend
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.conversations.record import open_conversation
from plugin.services.inbox.answer import AnswerRefused, Author
from plugin.services.inbox.read_marks import enqueue_read_mark

log = structlog.get_logger()
LONGEST_NOTE = 5000


def open_with(friend: Friend) -> Conversation:
    """Return the friend's conversation, made where there is none."""
    with transaction():
        return open_conversation(friend, utcnow())


def mark_read(conversation: Conversation) -> None:
    """Note that a member has opened it, and have LINE tell the friend."""
    if not conversation.unread:
        return
    with transaction():
        held = Conversation.held(conversation.id)
        held.unread, held.changed_at = 0, utcnow()
        held.unread_since = held.notified_at = None
        enqueue_read_mark(held)


def mark_unread(conversation: Conversation) -> None:
    with transaction():
        held = Conversation.held(conversation.id)
        held.unread, held.changed_at = max(held.unread, 1), utcnow()
        held.unread_since = held.unread_since or utcnow()


def show_typing(deps: Dependencies, conversation: Conversation) -> None:
    """Show the friend that somebody writes; nothing depends on it."""
    friend = conversation.friend
    try:
        deps.gateways.line.show_loading(
            messaging_channel(friend.official_account), friend.line_user_id
        )
    except GatewayError as error:
        log.info("line_loading_refused", reason=error.reason)


def assign(conversation: Conversation, member: Member | None) -> None:
    with transaction():
        held = Conversation.held(conversation.id)
        held.assigned_to = member.id if member is not None else None
        held.changed_at = utcnow()


def close(conversation: Conversation) -> None:
    """Put it away; the friend's next message opens it again."""
    with transaction():
        held = Conversation.held(conversation.id)
        held.state, held.closed_at = CLOSED, utcnow()
        held.unread, held.changed_at = 0, utcnow()
        held.unread_since = held.waiting_since = None


def reopen(conversation: Conversation) -> None:
    with transaction():
        held = Conversation.held(conversation.id)
        held.state, held.closed_at, held.changed_at = OPEN, None, utcnow()


def add_note(conversation: Conversation, author: Author, text: str) -> ConversationMessage:
    """Keep words for the team. Raise `AnswerRefused` where there are none or too many."""
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise AnswerRefused(Sentence("Write something first."))
    if len(words) > LONGEST_NOTE:
        raise AnswerRefused(
            Sentence("A note has at most %(most)s characters.", most=f"{LONGEST_NOTE:,}")
        )
    now = utcnow()
    with transaction() as session:
        held = Conversation.held(conversation.id)
        held.changed_at = now
        note = ConversationMessage(
            conversation_id=held.id,
            direction=NOTE,
            at=now,
            kind=NOTE,
            text=words,
            member_id=author.member_id,
            payload=author.payload,
        )
        session.add(note)
    return note
