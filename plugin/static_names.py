"""Names of static files that change with their content, so that browsers keep them for a year."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

VERSION = "v"
A_YEAR = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    """Add the content's mark to the address of every static file."""
    root = Path(str(app.static_folder))

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and VERSION not in values:
            values[VERSION] = version_of(root / values["filename"])

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            values = request.view_args or {}
            version = version_of(root / str(values.get("filename", "")))
            # An older page asks for what is no more: it gets the newest, and keeps it not.
            is_named = bool(version) and request.args.get(VERSION) == version
            response.headers["Cache-Control"] = A_YEAR if is_named else "no-cache"
        return response


def version_of(path: Path) -> str:
    """Return a mark of the file's content, "" for none."""
    try:
        return _version_of(path, path.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _version_of(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
