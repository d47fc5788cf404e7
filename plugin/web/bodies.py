"""Limits of request bodies. A form is read whole, so that a file too large loses no typed text."""

import io
from typing import IO

from flask import Flask, Request, request, session

from plugin.services.imports.friend_import import MOST_BYTES
from plugin.services.qr_codes.settings import LARGEST_LOGO
from plugin.web.blueprint import TEAM_BLUEPRINTS
from plugin.web.session import KEY

# For the team's forms. Without a session the application's smaller limit holds.
LARGEST_FORM = 12 * 1024 * 1024
# Without JavaScript an upload is one form; scripts send larger files in parts.
LARGEST_IN_FORM = 10_000_000
# No other form takes a larger file; one byte more shows that it was larger.
_KEPT_OF_A_FILE = max(MOST_BYTES, LARGEST_LOGO) + 1


class FirstBytes(io.BytesIO):
    """A file that keeps its first `most` bytes and discards the rest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def write(self, data: object, /) -> int:
        # Store what fits, but return the full size, as if all was written.
        view = memoryview(data)  # type: ignore[arg-type]
        super().write(view[: max(self._most - self.tell(), 0)])
        return view.nbytes


class FormRequest(Request):
    """A request whose uploaded files use no disk, and no more memory than a form needs."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        kept = LARGEST_IN_FORM + 1 if self.blueprint == "media" else _KEPT_OF_A_FILE
        return FirstBytes(kept)


def init_app(app: Flask) -> None:
    app.request_class = FormRequest
    app.before_request(admit_forms)


def admit_forms() -> None:
    """Raise the limits of a form for a signed-in person."""
    if request.blueprint in TEAM_BLUEPRINTS and KEY in session:
        request.max_content_length = LARGEST_FORM
        request.max_form_memory_size = LARGEST_FORM
