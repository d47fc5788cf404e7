"""Pictures of persons and accounts, drawn from their initials, images sent from a phone, and
stand-ins of LINE's own emojis."""

import base64
import hashlib
import struct
import zlib

from flask import Blueprint, Response, abort

from plugin.sandbox.world import world

blueprint = Blueprint("line_pictures", __name__)
SHOWN = ("image", "video", "audio")
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
    if stored is None or stored["type"].partition("/")[0] not in SHOWN:
        abort(404)
    return Response(base64.b64decode(stored["data"]), content_type=stored["type"])


@blueprint.get("/line-shop/sticonshop/v1/sticon/<product>/iPhone/<emoji>.png")
def emoji(product: str, emoji: str) -> Response:
    """A disc whose colour is the emoji's own."""
    digest = hashlib.sha256(f"{product}/{emoji}".encode()).digest()
    return Response(_disc(digest[:3]), mimetype="image/png")


def _disc(colour: bytes) -> bytes:
    """Draw a PNG by hand: the sandbox has no library for pictures."""
    size, middle = 40, 19.5
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            inside = (x - middle) ** 2 + (y - middle) ** 2 <= middle**2
            rows += colour + bytes([255 if inside else 0])
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
