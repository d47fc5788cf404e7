"""Fetches pictures, videos and files that friends sent, before LINE deletes them."""

from datetime import datetime, timedelta

import structlog

from plugin.core.clock import utcnow
from plugin.gateways import Content, GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.message import GONE, KEPT, PENDING, REFUSED, ConversationMessage
from plugin.models.media.media import RECEIVED, Media
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.media.refusals import MediaRefused
from plugin.services.media.store import Upload, complete, folder_of, forget, reserve

log = structlog.get_logger()
LARGEST, TOO_LARGE = 50_000_000, "too_large"
# LINE prepares videos and voice messages; it names no time (reference, "Get content"). What took
# long already is asked for less often.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=10)
# LINE deletes content after a time that it does not tell.
GIVE_UP = timedelta(days=2)


def fetch_content(deps: Dependencies, message_id: int) -> datetime | None:
    """Fetch one message's content; return when to ask again, None for finished. Raise
    `GatewayError` to be retried."""
    row = db.session.get(ConversationMessage, message_id)
    if row is None or row.content_state != PENDING:
        return None
    conversation = db.session.get_one(Conversation, row.conversation_id)
    account = OfficialAccount.by_id(conversation.official_account_id)
    if account is None or account.archived_at is not None:
        _settle(row, GONE)
        return None
    channel, line_id = messaging_channel(account), row.line_message_id
    try:
        content = deps.gateways.line.content(channel, line_id, LARGEST)
        has_failed = content is None and deps.gateways.line.preparation_failed(channel, line_id)
    except GatewayError as error:
        state = _state_after(error, row)
        if not state:
            raise
        _settle(row, state)
        return None
    if has_failed:
        _settle(row, REFUSED)
        return None
    if content is None:
        return _wait(row)
    with content.data:
        _keep(deps, row, content, account.installation_id)
    return None


def _wait(row: ConversationMessage) -> datetime | None:
    """Return when to ask for what LINE still prepares."""
    age = utcnow() - row.at
    if age > GIVE_UP:
        _settle(row, GONE)
        return None
    return utcnow() + min(max(age / 4, SHORTEST_WAIT), LONGEST_WAIT)


def _state_after(error: GatewayError, row: ConversationMessage) -> str:
    """Return the state that LINE's refusal ends in, "" where another try may help."""
    if TOO_LARGE in error.details:
        return REFUSED
    is_gone = error.permanent and error.reason in ("not_found", "invalid", "refused")
    return GONE if is_gone or utcnow() - row.at > GIVE_UP else ""


def _keep(
    deps: Dependencies, row: ConversationMessage, content: Content, installation_id: int
) -> None:
    name = row.text if row.kind == "file" else ""
    media = reserve(installation_id, RECEIVED, name)
    # Before there is any byte of it: whoever deletes the message meanwhile deletes its file too.
    if not _name_media(row, media):
        return
    upload = Upload(content.data, name, content.content_type.partition(";")[0].strip().lower())
    key, media_id = media.key, media.id
    try:
        complete(deps, media, upload)
    except MediaRefused as error:
        # It may have been deleted while it was written.
        deps.gateways.media.delete(folder_of(key))
        _settle(row, REFUSED, media_id, str(error))
    else:
        _settle(row, KEPT, media_id)


def _name_media(row: ConversationMessage, media: Media) -> bool:
    """Note where the content will be; False where nobody waits for it any more."""
    with transaction() as session:
        held = _held(row)
        if held is None:
            return False
        # A try that was killed has left one, of which nobody knows how much was written.
        former = None if held.media_id is None else session.get(Media, held.media_id)
        if former is not None:
            forget(former)
        held.media_id = media.id
    return True


def _settle(
    row: ConversationMessage, state: str, media_id: int | None = None, why: str = ""
) -> None:
    """Store how it ended, unless the message is gone or another try has taken over meanwhile."""
    log.info("line_content_settled", message_id=row.id, state=state)
    with transaction() as session:
        held = _held(row)
        if held is not None and media_id in (None, held.media_id):
            held.content_state = state
            held.media_id = media_id if state == KEPT else None
            held.payload = {**held.payload, "refused": why[:300]} if why else held.payload
            session.get_one(Conversation, held.conversation_id).changed_at = utcnow()
            return
        # Whoever deleted the message deleted its file, but completing it has shown it again.
        media = None if media_id is None else session.get(Media, media_id)
        if media is not None:
            forget(media)


def _held(row: ConversationMessage) -> ConversationMessage | None:
    """Return the message, locked behind its conversation; None where it is settled or gone."""
    Conversation.held(row.conversation_id)
    held = db.session.get(ConversationMessage, row.id)
    return held if held is not None and held.content_state == PENDING else None
