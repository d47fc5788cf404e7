"""The files that friends' phones ask for: open to whoever knows their unguessable address."""

import re

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from plugin.file_answers import A_YEAR, send_media
from plugin.guards import public_route
from plugin.models.media.media import UPLOADED, Media

KEY = re.compile(r"[0-9a-f]{40}")
KEPT_FOR_EVER = f"public, max-age={A_YEAR}, immutable"

# Without the guard of the team's pages: many phones share one network address, and all of them show
# the pictures of a broadcast at once.
blueprint = Blueprint("media_files", __name__)


@blueprint.get("/media/<string(length=40):key>/<string(maxlength=10):variant>")
@public_route("the key in the address, 160 bits that nobody can guess")
def show_file(key: str, variant: str) -> Response:
    media = Media.by_key(key) if KEY.fullmatch(key) else None
    if media is None or media.origin != UPLOADED:
        abort(404)
    return send_media(media, variant, kept=KEPT_FOR_EVER)
