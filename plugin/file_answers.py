"""Answers with a stored file: whole or in part, kept by whoever asked, and never as a page."""

from typing import IO, Any

from flask import abort, request
from werkzeug.datastructures import ContentRange
from werkzeug.http import quote_etag
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.media.media import Media
from plugin.models.transaction import close_reads
from plugin.services.media.store import facts_of, open_variant

A_YEAR = 31_536_000
# What a browser may show by itself; everything else is saved as a file.
SHOWN = ("image/jpeg", "image/png", "video/mp4", "audio/mp4", "audio/x-m4a", "audio/mpeg",
         "audio/aac")  # fmt: skip


def send_media(media: Media, variant: str, *, kept: str) -> Response:
    """Answer with a variant, or 404. `kept`: the Cache-Control header."""
    facts = facts_of(media, variant) or abort(404)
    size, etag = int(facts["size"]), f"{media.key[:20]}-{variant}"
    start, stop = _wanted(size, etag)
    response = Response(status=200 if stop - start == size else 206)
    _describe(response, facts, media.name)
    response.headers["Cache-Control"] = kept
    response.set_etag(etag)
    if request.if_none_match.contains(etag):
        response.status_code = 304
        return response
    response.content_length = stop - start
    if response.status_code == 206:
        response.content_range = ContentRange("bytes", start, stop, size)
    if request.method != "HEAD":
        # The server itself passes the file on, so that a slow reader holds no thread.
        response.response = wrap_file(request.environ, _opened(media, variant, start, stop))
        response.direct_passthrough = True
    return response


def _wanted(size: int, etag: str) -> tuple[int, int]:
    """Return the span of bytes that was asked for; all where that cannot be told (RFC 9110)."""
    asked, condition = request.range, request.headers.get("If-Range", "")
    if asked is None or asked.units != "bytes" or (condition and condition != quote_etag(etag)):
        return 0, size
    if len(asked.ranges) != 1:
        return 0, size
    span = asked.range_for_length(size)
    if span is None:
        refusal = Response(status=416)
        refusal.content_range = ContentRange("bytes", None, None, size)
        abort(refusal)
    return span


def _opened(media: Media, variant: str, start: int, stop: int) -> IO[bytes]:
    close_reads()
    try:
        return open_variant(get_deps(), media, variant, start, stop)
    except GatewayError as error:
        abort(404 if error.reason == "not_found" else 503)


def _describe(response: Response, facts: Any, name: str) -> None:
    shown = facts["type"] in SHOWN
    response.content_type = facts["type"] if shown else "application/octet-stream"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    response.headers["Accept-Ranges"] = "bytes"
    if not shown:
        response.headers.set("Content-Disposition", "attachment", filename=name or "file")
