"""A QR code as a picture for screens, and as a card to print."""

import base64
import io
from collections.abc import Iterator
from typing import Literal

import segno

from plugin.core.colours import rgb
from plugin.core.pdf_card import Card, Logo, pdf_card
from plugin.core.png import Picture, on_ground, read_png, resized, write_png
from plugin.models.qr_code import QRCode
from plugin.services import Outside
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
    if kind == "png" and code.has_logo:
        return _png_with_logo(made, code, scale)
    file = io.BytesIO()
    made.save(file, kind=kind, scale=scale, border=MARGIN, dark=code.dark, light=code.light)
    if kind == "svg" and code.has_logo:
        return _svg_with_logo(file.getvalue(), made, code, scale)
    return file.getvalue()


def qr_card(outside: Outside, code: QRCode) -> bytes:
    """A card of the size A6 as PDF, with the Official Account's name."""
    account, logo = code.official_account, None
    if code.logo:
        picture = read_png(code.logo)
        rows = on_ground(picture, rgb(code.light))
        logo = Logo(picture.width, picture.height, rows, LOGO_SHARE)
    matrix = [list(row) for row in _made(outside, code).matrix_iter(border=MARGIN)]
    return pdf_card(Card(account.name, account.basic_id, matrix, code.dark, code.light, logo))


def _made(outside: Outside, code: QRCode) -> segno.QRCode:
    """Level M survives a smudged print, H also the logo."""
    level = "h" if code.has_logo else "m"
    return segno.make(linkage_url(outside, code), error=level, micro=False, boost_error=False)


def _svg_with_logo(drawn: bytes, made: segno.QRCode, code: QRCode, scale: int) -> bytes:
    side = made.symbol_size(scale, MARGIN)[0]
    ground, logo = side * GROUND_SHARE, side * LOGO_SHARE
    picture = base64.b64encode(code.logo or b"").decode()
    added = (
        f'<rect fill="{code.light}" x="{(side - ground) / 2:g}" y="{(side - ground) / 2:g}"'
        f' width="{ground:g}" height="{ground:g}"/>'
        f'<image x="{(side - logo) / 2:g}" y="{(side - logo) / 2:g}" width="{logo:g}"'
        f' height="{logo:g}" href="data:image/png;base64,{picture}"/></svg>'
    )
    return drawn.replace(b"</svg>", added.encode())


def _png_with_logo(made: segno.QRCode, code: QRCode, scale: int) -> bytes:
    dark, light = bytes(rgb(code.dark)), bytes(rgb(code.light))
    side = int(made.symbol_size(scale, MARGIN)[0])
    rows = [
        bytearray(b"".join((dark if module else light) * scale for module in row))
        for row in made.matrix_iter(border=MARGIN)
        for _ in range(scale)
    ]
    ground = int(side * GROUND_SHARE)
    _lay(rows, [light * ground] * ground)
    _lay(rows, on_ground(_fitted(code.logo or b"", int(side * LOGO_SHARE)), rgb(code.light)))
    return write_png(side, side, _each(rows), 3)


def _fitted(logo: bytes, box: int) -> Picture:
    picture = read_png(logo)
    longest = max(picture.width, picture.height)
    width = max(1, picture.width * box // longest)
    return resized(picture, width, max(1, picture.height * box // longest))


def _lay(rows: list[bytearray], patch: list[bytes]) -> None:
    """Put rows of RGB into the middle."""
    top, left = (len(rows) - len(patch)) // 2, (len(rows) - len(patch[0]) // 3) // 2
    for y, line in enumerate(patch):
        rows[top + y][left * 3 : left * 3 + len(line)] = line


def _each(rows: list[bytearray]) -> Iterator[bytes]:
    return (bytes(row) for row in rows)
