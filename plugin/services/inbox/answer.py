"""A team's answer: stored with its retry key, then sent, free of charge while LINE allows it."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.messages.checks import BUBBLES, check_messages
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import property_names, sample
from plugin.core.messages.tokens import BRACES
from plugin.core.text.sentences import Sentence
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.installation import PAUSED
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import OPEN, Conversation
from plugin.models.inbox.message import OUT, ConversationMessage
from plugin.models.media.media import IMAGE, UPLOADED, VIDEO, Media
from plugin.models.people.friend import BLOCKED
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.inbox.read_marks import enqueue_read_mark
from plugin.services.media.store import public_url
from plugin.services.sending.as_friend import refusal, values_for
from plugin.services.sending.deliver import deliver
from plugin.services.sending.free_reply import TALK
from plugin.services.sending.personalise import PENDING, filled_at_once

GIVE_UP = timedelta(minutes=10)
# The member waits for the result, so the first try is made here; the job is for a crash.
BEHIND = timedelta(seconds=30)
EXCERPT = 200
ERASED_ID = "erased:"


class AnswerRefused(ValueError):
    """Nothing was sent; `problem` says why and what to do."""

    def __init__(self, problem: Sentence) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Answer(NamedTuple):
    """What is answered: words with tokens, an uploaded picture or video, a template, LINE message
    objects that were checked before; or several of them, which cost one message together."""

    text: str = ""
    template_id: int = 0
    media_id: int = 0
    messages: Sequence[dict[str, Any]] = ()


class Author(NamedTuple):
    """Who writes: a member of the team, or a program by its name."""

    member: Member | None = None
    program: str = ""

    @property
    def member_id(self) -> int | None:
        return self.member.id if self.member is not None else None

    @property
    def payload(self) -> dict[str, Any]:
        """What a message stores of a program, for which it has no member."""
        return {"by": self.program} if self.member is None else {}


class _Content(NamedTuple):
    """`text` stands for it in lists."""

    messages: list[dict[str, Any]]
    text: str
    template_id: int | None = None
    template_version: int | None = None
    media_id: int | None = None


def answer(
    deps: Dependencies, conversation: Conversation, author: Author, what: Answer, form_key: str
) -> Delivery:
    """Send one answer. `form_key`: the same for each press of one form, so that it is sent once.
    Raise `AnswerRefused`. Where LINE cannot be reached, a job tries again."""
    key = _retry_key(conversation, form_key)
    sent_before = Delivery.by_retry_key(key)
    if sent_before is not None:
        return sent_before
    problem = why_closed(conversation)
    if problem is not None:
        raise AnswerRefused(problem)
    content = _content(deps, conversation, what)
    try:
        check_messages(sample(content.messages), count_clusters)
    except InvalidMessage as error:
        raise AnswerRefused(error.problem) from None
    problem = _lacks(deps, conversation, content)
    if problem is not None:
        raise AnswerRefused(problem)
    delivery, is_new = _plan(conversation, author, content, key)
    try:
        if is_new:
            deliver(deps, delivery.id)
    except GatewayError:
        # The job tries again; the page shows that it is under way.
        db.session.refresh(delivery)
    return delivery


def was_answered(conversation: Conversation, form_key: str) -> bool:
    """Whether an answer with this key was stored, so that `answer` returns it again."""
    return Delivery.by_retry_key(_retry_key(conversation, form_key)) is not None


def _lacks(deps: Dependencies, conversation: Conversation, content: _Content) -> Sentence | None:
    """Return what the friend's contact lacks for the answer's tokens, None where nothing is known
    to be missing."""
    names = property_names(content.messages)
    if not names:
        return None
    try:
        values = values_for(deps, conversation.friend, names)
    except GatewayError:
        # The send waits for HubSpot, and says what it finds.
        return None
    return refusal(content.messages, values)


def why_closed(conversation: Conversation) -> Sentence | None:
    """Return why nobody can answer now, None where they can."""
    friend = conversation.friend
    account = friend.official_account
    if friend.line_user_id.startswith(ERASED_ID):
        return Sentence("This person asked to be forgotten, so nothing can be sent to them.")
    if account.archived_at is not None:
        return Sentence("The Official Account is disconnected. Connect it again to answer.")
    if account.installation.state == PAUSED:
        return Sentence("Sending is paused. Resume it under Settings to answer.")
    if account.installation.sends_wait or account.installation.is_removed:
        return Sentence("HubSpot is not connected. Connect it again to answer.")
    if friend.status == BLOCKED:
        return Sentence("This friend has blocked the account, so LINE would deliver nothing.")
    return None


def free_until(conversation: Conversation) -> datetime | None:
    """Return until when an answer is free; None: it counts as a message."""
    wrote_at = conversation.friend.last_received_at
    if wrote_at is None or utcnow() - wrote_at >= TALK:
        return None
    used = select(Delivery.id).where(
        Delivery.friend_id == conversation.friend_id,
        Delivery.created_at >= wrote_at,
        Delivery.reply_token != "",
    )
    return None if db.session.scalar(used.limit(1)) else wrote_at + TALK


def _retry_key(conversation: Conversation, form_key: str) -> str:
    # A key of another conversation is another answer, whatever the form says.
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"conversation:{conversation.id}:{form_key}"))


def _plan(
    conversation: Conversation, author: Author, content: _Content, key: str
) -> tuple[Delivery, bool]:
    """Store the intent; False with what another press of the same form has stored meanwhile."""
    now, filled = utcnow(), filled_at_once(content.messages)
    with transaction() as session:
        held = Conversation.held(conversation.id)
        sent_meanwhile = Delivery.by_retry_key(key)
        if sent_meanwhile is not None:
            return sent_meanwhile, False
        delivery = Delivery(
            official_account_id=held.official_account_id,
            friend=held.friend,
            conversation_id=held.id,
            retry_key=key,
            messages=content.messages if filled is None else filled,
            template_id=content.template_id,
            template_version=content.template_version,
            filling=PENDING if filled is None else "",
            created_at=now,
            give_up_at=now + GIVE_UP,
        )
        session.add(delivery)
        session.flush()
        row = ConversationMessage(
            conversation_id=held.id,
            direction=OUT,
            at=now,
            kind=str(content.messages[0].get("type", ""))[:20],
            text=content.text,
            delivery_id=delivery.id,
            media_id=content.media_id,
            member_id=author.member_id,
            payload=author.payload,
        )
        session.add(row)
        _note_answered(held, row, author)
        enqueue("deliver", delivery.id, held.friend.official_account.installation_id, delay=BEHIND)
    return delivery, True


def _note_answered(conversation: Conversation, row: ConversationMessage, author: Author) -> None:
    conversation.unread = 0
    conversation.waiting_since = conversation.unread_since = conversation.notified_at = None
    conversation.state, conversation.closed_at = OPEN, None
    conversation.last_at, conversation.last_direction = row.at, OUT
    conversation.last_kind, conversation.last_text = row.kind, _excerpt(row.text)
    conversation.answering_by = conversation.answering_until = None
    conversation.assigned_to = conversation.assigned_to or author.member_id
    conversation.changed_at = utcnow()
    enqueue_read_mark(conversation)


def _excerpt(text: str) -> str:
    """Return the beginning; a list shows no contact's values, so tokens stay unfilled."""
    return BRACES.sub("…", text)[:EXCERPT]


def _content(deps: Dependencies, conversation: Conversation, what: Answer) -> _Content:
    text = what.text.replace("\r\n", "\n").strip()
    parts = [_Content([{"type": "text", "text": text}], text)] if text else []
    if what.media_id:
        parts.append(_of_media(deps, conversation, what.media_id))
    if what.template_id:
        parts.append(_of_template(conversation, what.template_id))
    if what.messages:
        parts.append(_Content(list(what.messages), str(what.messages[0].get("text", ""))))
    messages = [message for part in parts for message in part.messages]
    if not messages:
        raise AnswerRefused(Sentence("Write something first."))
    if len(messages) > BUBBLES:
        raise AnswerRefused(
            Sentence(
                "Together these are %(count)s messages, and LINE takes %(most)s at once: leave"
                " something out.",
                count=len(messages),
                most=BUBBLES,
            )
        )
    last = parts[-1]
    return last._replace(messages=messages, text=parts[0].text, media_id=what.media_id or None)


def _of_template(conversation: Conversation, template_id: int) -> _Content:
    account = conversation.friend.official_account
    template = Template.find_owned(account.installation_id, template_id)
    if template is None or template.official_account_id != account.id:
        raise AnswerRefused(Sentence("This template is archived: choose another one."))
    version = TemplateVersion.current(template)
    return _Content(version.messages, template.name, template.id, version.number)


def _of_media(deps: Dependencies, conversation: Conversation, media_id: int) -> _Content:
    media = Media.find_owned(conversation.friend.official_account.installation_id, media_id)
    if media is None or media.origin != UPLOADED or media.kind not in (IMAGE, VIDEO):
        raise AnswerRefused(Sentence("The picture is gone: choose it again."))
    if "preview" not in media.variants:
        raise AnswerRefused(Sentence("The video has no preview picture: upload it again."))
    message: Mapping[str, Any] = {
        "type": media.kind,
        "originalContentUrl": public_url(deps.settings, media),
        "previewImageUrl": public_url(deps.settings, media, "preview"),
    }
    return _Content([dict(message)], media.name)
