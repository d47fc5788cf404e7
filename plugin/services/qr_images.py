"""A QR code as a picture for screens, and as a card to print."""

import base64
import io
from typing import Literal

import segno

from plugin.models.qr_code import QRCode
from plugin.services import Outside
from plugin.services.pictures import in_the_middle, on_ground
from plugin.services.qr_card import Card, Logo, qr_card
from plugin.services.qr_codes import linkage_url

Kind = Literal["png", "svg"]
# A margin of four modules is what ISO/IEC 18004 asks for.
MARGIN = 4
SCALE, MAX_SCALE = 10, 40
# The part of the code's side that a logo may hide: 5 % of the modules, where level H mends 30 %.
LOGO_SHARE, GROUND_SHARE = 0.2, 0.224


def qr_image(outside: Outside, code: QRCode, kind: Kind, scale: int = SCALE) -> bytes:
    """The file's bytes. `scale`: pixels (PNG) or units (SVG) a module, 1 to 40."""
    made, scale = _made(outside, code), max(1, min(scale, MAX_SCALE))
    file = io.BytesIO()
    made.save(file, kind=kind, scale=scale, border=MARGIN, dark=code.dark, light=code.light)
    # The logo itself is fetched for its own picture only.
    if not code.has_logo or code.logo is None:
        return file.getvalue()
    side = made.symbol_size(scale, MARGIN)[0]
    with_logo = _png_with_logo if kind == "png" else _svg_with_logo
    return with_logo(file.getvalue(), side, code.logo, code.light)


def card_to_print(outside: Outside, code: QRCode) -> bytes:
    """A card of the size A6 as PDF, with the Official Account's name."""
    account, logo = code.official_account, None
    if code.has_logo and code.logo is not None:
        logo = Logo(on_ground(code.logo, code.light), LOGO_SHARE, GROUND_SHARE)
    return qr_card(
        Card(
            name=account.name,
            line=account.basic_id,
            time_zone=account.installation.time_zone,
            matrix=[list(row) for row in _made(outside, code).matrix_iter(border=MARGIN)],
            dark=code.dark,
            light=code.light,
            logo=logo,
        )
    )


def _made(outside: Outside, code: QRCode) -> segno.QRCode:
    """Level M survives a smudged print, H also the logo."""
    level = "h" if code.has_logo else "m"
    return segno.make(linkage_url(outside, code), error=level, micro=False, boost_error=False)


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
    return in_the_middle(drawn, on_ground(png, light), logo, ground, light)
