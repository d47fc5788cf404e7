"""A QR code as a picture."""

import io
from typing import Literal

import segno

from plugin.models.qr_code import QRCode
from plugin.services import Outside
from plugin.services.qr_codes import linkage_url

Kind = Literal["png", "svg"]
# A margin of four modules is what ISO/IEC 18004 asks for; level M survives a smudged print.
MARGIN = 4
SCALE, MAX_SCALE = 10, 40


def qr_image(outside: Outside, code: QRCode, kind: Kind, scale: int = SCALE) -> bytes:
    """The file's bytes. `scale`: pixels (PNG) or units (SVG) a module, 1 to 40."""
    drawn = segno.make(linkage_url(outside, code), error="m", micro=False)
    file = io.BytesIO()
    drawn.save(file, kind=kind, scale=max(1, min(scale, MAX_SCALE)), border=MARGIN, light="#fff")
    return file.getvalue()
