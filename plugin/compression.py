"""Compressed responses, whose lengths say nothing about the secrets in them.

A page holds a token against forged posts, and words that somebody else may have put into its
address. Who measures its compressed length could guess the token letter by letter (BREACH, 2013).
So each compressed page begins with a file name of a random length, which gzip allows (RFC 1952) and
readers skip; no kept library does this.
"""

import gzip
import io
import secrets
from functools import lru_cache

from flask import Flask, Response, request

LEAST = 1024
# More is a file of somebody, read once and large: not worth the time.
MOST = 2 * 1024 * 1024
LEVEL = 5
TYPES = (
    "text/", "application/json", "application/problem+json", "application/javascript",
    "image/svg+xml",
)  # fmt: skip
LONGEST_NAME = 64


def init_app(app: Flask) -> None:
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Compress what is worth it, for clients that take gzip."""
    if not _is_text(response):
        return response
    response.headers.add("Vary", "Accept-Encoding")
    if not _takes_gzip() or "Range" in request.headers:
        return response
    is_file = response.direct_passthrough
    response.direct_passthrough = False
    body = response.get_data()
    if not LEAST <= len(body) <= MOST:
        return response
    # Files are the same for everybody and hold no secret.
    response.set_data(_compressed_file(body) if is_file else _compressed(body))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response


def _is_text(response: Response) -> bool:
    return (
        response.status_code not in (204, 206, 304)
        and "Content-Encoding" not in response.headers
        and (response.content_type or "").startswith(TYPES)
        # A stream goes out as it is made.
        and (response.direct_passthrough or not response.is_streamed)
    )


def _takes_gzip() -> bool:
    return request.accept_encodings["gzip"] > 0


def _compressed(body: bytes) -> bytes:
    name = "m" * (1 + secrets.randbelow(LONGEST_NAME))
    return _gzip(body, name)


@lru_cache(maxsize=128)
def _compressed_file(body: bytes) -> bytes:
    return _gzip(body, "")


def _gzip(body: bytes, name: str) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(name, "wb", LEVEL, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
