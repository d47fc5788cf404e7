"""Pictures of persons and accounts, drawn from their initials, and images sent from a phone."""

import base64
import hashlib

from flask import Blueprint, Response, abort

from plugin.sandbox.world import world

blueprint = Blueprint("line_pictures", __name__)
HUES = ("#3b7dd8", "#c2573a", "#2f8f6b", "#8a5bb8", "#b0801d", "#c14d7d")
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
    '<rect width="96" height="96" fill="{hue}"/>'
    '<text x="48" y="62" font-family="system-ui, sans-serif" font-size="40" font-weight="600"'
    ' text-anchor="middle" fill="#fff">{letter}</text></svg>'
)


@blueprint.get("/line-picture/<name>.svg")
def picture(name: str) -> Response:
    hue = HUES[hashlib.sha256(name.encode()).digest()[0] % len(HUES)]
    letter = name[0].upper() if name[0].isalnum() else "?"
    drawing = DRAWING.format(hue=hue, letter=letter)
    return Response(drawing, mimetype="image/svg+xml", headers={"Cache-Control": "max-age=3600"})


@blueprint.get("/line-sent/<message_id>")
def sent(message_id: str) -> Response:
    stored = world().store.get("line_content", message_id)
    if stored is None or not stored["type"].startswith("image/"):
        abort(404)
    return Response(base64.b64decode(stored["data"]), content_type=stored["type"])
