"""The code's picture, for screens and for printers."""

from io import BytesIO

from flask import request, send_file
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.services.qr_images import Kind, card_to_print, qr_image
from plugin.web.blueprint import web
from plugin.web.qr_codes import own_code

NORMAL = 8


@web.get("/qr-codes/<int:code_id>.png")
def qr_code_png(code_id: int) -> Response:
    """In the code's own colours, whatever the page's."""
    return _picture(code_id, "png", "image/png")


@web.get("/qr-codes/<int:code_id>.svg")
def qr_code_svg(code_id: int) -> Response:
    """The same, for any size."""
    return _picture(code_id, "svg", "image/svg+xml")


@web.get("/qr-codes/<int:code_id>.pdf")
def qr_code_pdf(code_id: int) -> Response:
    """A card of the size A6 for the printer."""
    card = BytesIO(card_to_print(outside(), own_code(code_id)))
    return send_file(card, "application/pdf", True, f"qr-code-{code_id}.pdf", max_age=0)


def _picture(code_id: int, kind: Kind, mimetype: str) -> Response:
    code, scale = own_code(code_id), request.args.get("scale", NORMAL, type=int)
    drawn, name = BytesIO(qr_image(outside(), code, kind, scale)), f"qr-code-{code_id}.{kind}"
    return send_file(drawn, mimetype, "download" in request.args, name, max_age=0)
