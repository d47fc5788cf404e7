"""The code's picture, for screens and for printers."""

from io import BytesIO

import segno
from flask import request, send_file
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.models.qr_code import QRCode
from plugin.services.qr_codes import linkage_url
from plugin.web.blueprint import web
from plugin.web.qr_codes import own_code

# Pixels (PNG) or units (SVG) of one module; 40 makes about 1,500 pixels, enough for a poster.
LARGEST = 40


@web.get("/qr-codes/<int:code_id>.png")
def qr_code_png(code_id: int) -> Response:
    """Black on white whatever the page's colours, since scanners want it so."""
    return _picture(own_code(code_id), "png", "image/png")


@web.get("/qr-codes/<int:code_id>.svg")
def qr_code_svg(code_id: int) -> Response:
    """The same, for any size."""
    return _picture(own_code(code_id), "svg", "image/svg+xml")


def _picture(code: QRCode, kind: str, mimetype: str) -> Response:
    scale = min(max(request.args.get("scale", 8, type=int), 1), LARGEST)
    made, drawn = segno.make(linkage_url(outside(), code), error="m", micro=False), BytesIO()
    made.save(drawn, kind=kind, scale=scale, border=4, light="#fff")
    drawn.seek(0)
    name = f"qr-code-{code.id}.{kind}"
    return send_file(drawn, mimetype, "download" in request.args, name, max_age=300)
