"""Deletes media: first the bytes, then the row, so that no byte is left that nobody knows."""

from sqlalchemy import delete, update

from plugin.models.base import db
from plugin.models.inbox.message import ConversationMessage
from plugin.models.media.media import Media
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.media.store import folder_of


def forget_media(deps: Dependencies, media_id: int) -> bool:
    """Delete a file that is marked as deleted, or whose upload never ended; no more is pending.
    Raise `GatewayError` where the store fails: the job is tried again."""
    media = db.session.get(Media, media_id)
    if media is None or media.deleted_at is None:
        return False
    key = media.key
    deps.gateways.media.delete(folder_of(key))
    with transaction():
        # An answer that showed it stays.
        shown = update(ConversationMessage).where(ConversationMessage.media_id == media_id)
        affected(shown.values(media_id=None).execution_options(synchronize_session=False))
        statement = delete(Media).where(Media.key == key, Media.deleted_at.is_not(None))
        affected(statement.execution_options(synchronize_session=False))
    return False
