"""Uploads: of a script in parts, or of a form as a whole."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.media.media import IMAGEMAP, UPLOADED, VIDEO, Media
from plugin.models.transaction import close_reads
from plugin.services.media import uploads
from plugin.services.media.refusals import MediaRefused, too_large
from plugin.services.media.store import Upload, facts_of, keep, public_url
from plugin.services.media.variants import LARGEST, ORIGINAL, PREVIEW
from plugin.web.bodies import LARGEST_IN_FORM
from plugin.web.language import in_words
from plugin.web.media.blueprint import blueprint
from plugin.web.media.words import NOT_STORED, describe
from plugin.web.session import person, tenant

Answer = Response | tuple[Response, int]


@blueprint.post("/media")
def upload_file() -> Answer:
    """Take a whole file from a form; back to the library, where the next page says how it went."""
    file = request.files.get("file")
    kind = request.form.get("kind", "")
    try:
        upload = Upload(file.stream, file.filename or "") if file else Upload(_nothing())
        if upload.file.seek(0, 2) > LARGEST_IN_FORM:
            raise too_large(LARGEST_IN_FORM)
        media = keep(
            get_deps(),
            upload,
            installation_id=tenant(),
            origin=UPLOADED,
            by=person().member.email,
            kind=kind if kind in LARGEST else "",
        )
    except MediaRefused as refused:
        flash(in_words(refused.problem), "bad")
        return redirect(url_for("media.library"))
    except GatewayError:
        flash(str(NOT_STORED), "bad")
        return redirect(url_for("media.library"))
    return redirect(url_for("media.show", media_id=media.id))


@blueprint.post("/media/uploads")
def begin_upload() -> Answer:
    """Begin an upload in parts; `name`, `size` in bytes, `kind`."""

    def begun() -> dict[str, Any]:
        size = request.form.get("size", 0, type=int)
        name, kind = request.form.get("name", ""), request.form.get("kind", "")
        media = uploads.begin(tenant(), name, size, kind, person().member.email)
        return {"id": str(media.id), "part_size": uploads.PART_SIZE}

    return _answered(begun)


@blueprint.post("/media/uploads/<row_id:media_id>/<row_id:number>")
def upload_part(media_id: int, number: int) -> Answer:
    """Take one part, as it is in the file; addresses count from 1."""
    media = _own_upload(media_id)

    def added() -> dict[str, Any]:
        data = request.get_data(cache=False)
        close_reads()
        uploads.add_part(get_deps(), media, number - 1, data)
        return {}

    return _answered(added)


@blueprint.post("/media/uploads/<row_id:media_id>/finish")
def finish_upload(media_id: int) -> Answer:
    media = _own_upload(media_id)
    return _answered(lambda: facts(uploads.finish(get_deps(), media)))


@blueprint.post("/media/uploads/<row_id:media_id>/cancel")
def cancel_upload(media_id: int) -> Answer:
    media = _own_upload(media_id)
    uploads.cancel(media.installation_id, media.id)
    return jsonify({})


def facts(media: Media) -> dict[str, Any]:
    """What the editor's script fills in after an upload, or a choice from the library."""
    settings = get_deps().settings
    preview = facts_of(media, PREVIEW)
    return {
        "id": str(media.id),
        "kind": media.kind,
        "name": media.name,
        "url": public_url(settings, media, "" if media.kind == IMAGEMAP else ORIGINAL),
        "preview_url": public_url(settings, media, PREVIEW) if preview else "",
        "thumbnail_url": thumbnail_url(media),
        "width": media.width,
        "height": media.height,
        "said": describe(media),
    }


def thumbnail_url(media: Media) -> str:
    """Return the smallest picture of it; of a video none."""
    if media.kind == VIDEO:
        return ""
    names = [name for name in (PREVIEW, "240", ORIGINAL) if facts_of(media, name)]
    return url_for("media_files.show_file", key=media.key, variant=names[0]) if names else ""


def _own_upload(media_id: int) -> Media:
    return uploads.find_begun(tenant(), media_id) or abort(404)


def _answered(step: Callable[[], dict[str, Any]]) -> Answer:
    try:
        return jsonify(step())
    except MediaRefused as refused:
        return jsonify({"problem": in_words(refused.problem)}), 422
    except GatewayError:
        return jsonify({"problem": str(NOT_STORED)}), 503


def _nothing() -> Any:
    from io import BytesIO

    return BytesIO()
