"""A QR code as an image: PNG for screens, SVG and PDF for printers."""

import base64
import io
from typing import Literal

import segno

from plugin.models.login_flow.qr_code import QRCode
from plugin.services import Dependencies
from plugin.services.qr_codes.codes import linkage_url
from plugin.services.qr_codes.logo import centered, on_background, pixels_on_background
from plugin.services.qr_codes.pdf import Logo, qr_pdf

Kind = Literal["png", "svg", "pdf"]
# A quiet zone of four modules is what ISO/IEC 18004 asks for.
MARGIN = 4
SCALE, MAX_SCALE = 10, 40
# The part of the code's side that a logo may hide: 5 % of the modules, where level H restores 30 %.
LOGO_SHARE, GROUND_SHARE = 0.2, 0.224


def qr_image(deps: Dependencies, code: QRCode, kind: Kind, scale: int = SCALE) -> bytes:
    """Return the file. `scale`: pixels (PNG), units (SVG) or points (PDF) per module, 1 to 40."""
    symbol, scale = _symbol(deps, code), max(1, min(scale, MAX_SCALE))
    if kind == "pdf":
        return _pdf(symbol, code, scale)
    file = io.BytesIO()
    symbol.save(file, kind=kind, scale=scale, border=MARGIN, dark=code.dark, light=code.light)
    # The logo is a deferred column, so it is loaded only if there is one.
    if not code.has_logo or code.logo is None:
        return file.getvalue()
    side = symbol.symbol_size(scale, MARGIN)[0]
    with_logo = _png_with_logo if kind == "png" else _svg_with_logo
    return with_logo(file.getvalue(), side, code.logo, code.light)


def _symbol(deps: Dependencies, code: QRCode) -> segno.QRCode:
    # Level M survives a smudged print, H also the logo.
    level = "h" if code.has_logo else "m"
    return segno.make(linkage_url(deps, code), error=level, micro=False, boost_error=False)


def _pdf(symbol: segno.QRCode, code: QRCode, scale: int) -> bytes:
    logo = None
    if code.has_logo and code.logo is not None:
        logo = Logo(pixels_on_background(code.logo, code.light), LOGO_SHARE, GROUND_SHARE)
    matrix = [list(row) for row in symbol.matrix_iter(border=MARGIN)]
    return qr_pdf(matrix, scale, code.dark, code.light, logo)


def _svg_with_logo(drawn: bytes, side: float, png: bytes, light: str) -> bytes:
    ground, logo = side * GROUND_SHARE, side * LOGO_SHARE
    picture = base64.b64encode(png).decode()
    added = (
        f'<rect fill="{light}" x="{(side - ground) / 2:g}" y="{(side - ground) / 2:g}"'
        f' width="{ground:g}" height="{ground:g}"/>'
        f'<image x="{(side - logo) / 2:g}" y="{(side - logo) / 2:g}" width="{logo:g}"'
        f' height="{logo:g}" href="data:image/png;base64,{picture}"/></svg>'
    )
    return drawn.replace(b"</svg>", added.encode())


def _png_with_logo(drawn: bytes, side: float, png: bytes, light: str) -> bytes:
    logo, ground = int(side * LOGO_SHARE), int(side * GROUND_SHARE)
    return centered(drawn, on_background(png, light), logo, ground, light)
