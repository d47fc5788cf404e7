"""The code's picture, for screens and for printers."""

from io import BytesIO

from flask import request, send_file
from werkzeug.wrappers import Response

from plugin.guards import get_deps
from plugin.services.qr_codes.images import Kind, qr_image
from plugin.web.qr_codes.blueprint import blueprint
from plugin.web.qr_codes.views import own_code

NORMAL = 8


@blueprint.get("/qr-codes/<row_id:code_id>.png")
def qr_code_png(code_id: int) -> Response:
    return _picture(code_id, "png", "image/png")


@blueprint.get("/qr-codes/<row_id:code_id>.svg")
def qr_code_svg(code_id: int) -> Response:
    return _picture(code_id, "svg", "image/svg+xml")


@blueprint.get("/qr-codes/<row_id:code_id>.pdf")
def qr_code_pdf(code_id: int) -> Response:
    return _picture(code_id, "pdf", "application/pdf", keep=True)


def _picture(code_id: int, kind: Kind, mimetype: str, keep: bool = False) -> Response:
    code, scale = own_code(code_id), request.args.get("scale", NORMAL, type=int)
    drawn, name = BytesIO(qr_image(get_deps(), code, kind, scale)), f"qr-code-{code_id}.{kind}"
    return send_file(drawn, mimetype, keep or "download" in request.args, name, max_age=0)
