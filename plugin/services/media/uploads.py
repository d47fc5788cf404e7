"""Large files that come in parts: no request is long, and none holds much memory.

The parts are kept in the store, so that each may reach another process or machine.
"""

import io
import shutil
import tempfile
from datetime import timedelta

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.media.media import UPLOADED, Media
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.media import refusals
from plugin.services.media.refusals import MediaRefused, too_large
from plugin.services.media.store import (
    LONGEST_UPLOAD,
    Upload,
    complete,
    folder_of,
    reserve,
)
from plugin.services.media.variants import LARGEST, LARGEST_OF_ALL

PART_SIZE = 4_000_000
# Unfinished uploads of one tenant within an hour.
MOST_AT_ONCE = 100


def begin(installation_id: int, name: str, size: int, kind: str = "", by: str = "") -> Media:
    """Reserve a row for a file of `size` bytes. Raise `MediaRefused`."""
    most = LARGEST.get(kind, LARGEST_OF_ALL)
    if size < 1:
        raise MediaRefused(refusals.EMPTY)
    if size > most:
        raise too_large(most)
    if _begun_lately(installation_id) >= MOST_AT_ONCE:
        raise MediaRefused(refusals.TOO_MANY)
    media = reserve(installation_id, UPLOADED, name, by)
    with transaction():
        values = {"size": size, "kind": kind if kind in LARGEST else ""}
        affected(update(Media).where(Media.id == media.id).values(values))
    db.session.refresh(media)
    return media


def find_begun(installation_id: int, media_id: int) -> Media | None:
    """Return an upload of the tenant that is under way, or finished."""
    media = db.session.get(Media, media_id, populate_existing=True)
    if media is None or media.installation_id != installation_id or media.origin != UPLOADED:
        return None
    return media if media.content_type == "" or media.deleted_at is None else None


def add_part(deps: Dependencies, media: Media, number: int, data: bytes) -> None:
    """Store the part with this number, from 0; again, where it comes again."""
    if media.content_type or not 0 <= number < _parts(media) or not data:
        raise MediaRefused(refusals.EXPIRED)
    if len(data) != min(PART_SIZE, media.size - number * PART_SIZE):
        raise MediaRefused(refusals.PART_MISSING)
    deps.gateways.media.write(_path(media, number), io.BytesIO(data))


def finish(deps: Dependencies, media: Media) -> Media:
    """Put the parts together, check them and show the row. A repeat returns the finished row, also
    where it comes while the first request is still at work."""
    if media.content_type:
        return media
    installation_id, media_id = media.installation_id, media.id
    try:
        finished = _put_together(deps, media)
    except MediaRefused as refused:
        current = find_begun(installation_id, media_id)
        if current is not None and current.content_type:
            return current
        if refused.problem is not refusals.PART_MISSING:
            cancel(installation_id, media_id)
        raise
    deps.gateways.media.delete(f"{folder_of(finished.key)}/parts")
    return finished


def _put_together(deps: Dependencies, media: Media) -> Media:
    with tempfile.TemporaryFile(dir=deps.settings.instance) as whole:
        for number in range(_parts(media)):
            try:
                with deps.gateways.media.read(_path(media, number)) as part:
                    shutil.copyfileobj(part, whole, 1024 * 1024)
            except GatewayError as error:
                if error.reason != "not_found":
                    raise
                raise MediaRefused(refusals.PART_MISSING) from None
        return complete(deps, media, Upload(whole, media.name), media.kind)


def cancel(installation_id: int, media_id: int) -> None:
    """Give up an upload for good; what is finished meanwhile stays."""
    now = utcnow()
    # As if it had been begun too long ago to be finished.
    values = {"deleted_at": now, "created_at": now - LONGEST_UPLOAD}
    unfinished = (Media.id == media_id) & (Media.content_type == "")
    with transaction():
        statement = update(Media).where(unfinished).values(values)
        if affected(statement.execution_options(synchronize_session=False)):
            enqueue("forget_media", media_id, installation_id)


def _begun_lately(installation_id: int) -> int:
    lately = utcnow() - timedelta(hours=1)
    statement = select(Media.id).where(
        Media.installation_id == installation_id,
        Media.created_at > lately,
        Media.content_type == "",
    )
    return len(db.session.scalars(statement.limit(MOST_AT_ONCE)).all())


def _parts(media: Media) -> int:
    return -(-media.size // PART_SIZE)


def _path(media: Media, number: int) -> str:
    return f"{folder_of(media.key)}/parts/{number}"
