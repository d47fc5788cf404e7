"""Keeps a file: checked, made into the sizes that LINE asks for, and stored before its row shows.

Its row is written first, as one to be deleted, together with the job that will delete it. So
whatever ends a process half-way leaves no file behind that nobody knows.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import IO, Any, NamedTuple

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.core.text.clean import storable
from plugin.models.base import db
from plugin.models.media.media import Media
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.media import refusals
from plugin.services.media.refusals import MediaRefused
from plugin.services.media.variants import ORIGINAL, Made, of_received, of_uploaded
from plugin.settings import Settings

# How long an upload may take, and until what is left of it is deleted.
LONGEST_UPLOAD, UNTIL_TIDIED = timedelta(hours=23), timedelta(hours=24)
LONGEST_NAME = 255


class Upload(NamedTuple):
    """A file that is open and can be sought; `name` and `claimed_type` are what its sender says."""

    file: IO[bytes]
    name: str = ""
    claimed_type: str = ""


def keep(
    deps: Dependencies,
    upload: Upload,
    *,
    installation_id: int,
    origin: str,
    by: str = "",
    kind: str = "",
) -> Media:
    """Check and store a file. `kind`: what a team's upload is for ("image", "video", "imagemap",
    "icon"; "" by its content). Raise `MediaRefused`, or `GatewayError` where the store fails."""
    media = reserve(installation_id, origin, upload.name, by)
    return complete(deps, media, upload, kind)


def reserve(installation_id: int, origin: str, name: str, by: str = "") -> Media:
    """Write the row of a file that is still to come, and the job that tidies up otherwise."""
    now = utcnow()
    media = Media(
        installation_id=installation_id,
        key=secrets.token_hex(20),
        origin=origin,
        kind="",
        name=_shown_name(name),
        content_type="",
        size=0,
        variants={},
        created_by=by,
        created_at=now,
        deleted_at=now,
    )
    with transaction() as session:
        session.add(media)
        session.flush()
        enqueue("forget_media", media.id, installation_id, delay=UNTIL_TIDIED)
    return media


def complete(deps: Dependencies, media: Media, upload: Upload, kind: str = "") -> Media:
    """Store the file of a reserved row, and show the row."""
    make = of_uploaded if media.origin == "uploaded" else of_received
    made = make(upload.file, kind or upload.claimed_type)
    store = deps.gateways.media
    for name, variant in made.variants.items():
        store.write(path_of(media, name), variant.file)
    return _show(media, made)


def _show(media: Media, made: Made) -> Media:
    original = made.variants[made.main]
    values: dict[str, Any] = {
        "kind": made.kind,
        "content_type": original.content_type,
        "size": original.size,
        "width": original.width,
        "height": original.height,
        "variants": {name: variant.facts() for name, variant in made.variants.items()},
        "deleted_at": None,
    }
    young = (Media.created_at > utcnow() - LONGEST_UPLOAD) & Media.deleted_at.is_not(None)
    with transaction():
        statement = update(Media).where(Media.id == media.id, young).values(values)
        if not affected(statement.execution_options(synchronize_session=False)):
            raise MediaRefused(refusals.EXPIRED)
    db.session.refresh(media)
    return media


def open_variant(
    deps: Dependencies, media: Media, variant: str, start: int = 0, stop: int | None = None
) -> IO[bytes]:
    """Return a file positioned at `start`. Raise `GatewayError`: `not_found` where it is gone."""
    return deps.gateways.media.read(path_of(media, variant), start, stop)


def forget(media: Media) -> None:
    """Mark it as deleted, inside the caller's transaction; a job deletes bytes and row."""
    media.deleted_at = utcnow()
    enqueue("forget_media", media.id, media.installation_id)


def discard(media: Media) -> None:
    """Mark it as deleted, as a team asks for."""
    with transaction():
        forget(media)


def public_url(settings: Settings, media: Media, variant: str = ORIGINAL) -> str:
    """Return the address that friends' phones ask; of an imagemap what LINE adds a width to."""
    base = f"{settings.base_url}/media/{media.key}"
    return f"{base}/{variant}" if variant else base


def path_of(media: Media, variant: str) -> str:
    return f"{folder_of(media.key)}/{variant}"


def folder_of(key: str) -> str:
    # Two levels, since few file systems like a folder with a hundred thousand entries.
    return f"{key[:2]}/{key[2:4]}/{key}"


def _shown_name(name: str) -> str:
    # Some browsers send a path of the sender's own machine.
    last = name.replace("\\", "/").rpartition("/")[2]
    return str(storable(last)).strip()[:LONGEST_NAME]


def facts_of(media: Media, variant: str) -> Mapping[str, Any] | None:
    """Return `type`, `size`, `width` and `height` of a variant; None where there is none."""
    facts = media.variants.get(variant)
    return facts if isinstance(facts, dict) else None
