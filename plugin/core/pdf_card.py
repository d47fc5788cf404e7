"""A card of the size A6 as PDF 1.4: a name, a QR code in lines that print sharp, a line below.

The letters are Helvetica, which every reader of PDF has and which therefore need not be in the
file; it has Western letters only.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from plugin.core.colours import rgb

# Points, 72 an inch: 105 by 148 mm.
WIDTH, HEIGHT = 297.64, 419.53
CODE_SIDE, CODE_BOTTOM = 212.0, 96.0
NAME_SIZE, LINE_SIZE, LEAST_SIZE, EDGE = 22.0, 12.0, 9.0, 24.0
# Helvetica Bold, thousandths of the size, from the blank to the tilde.
WIDTHS = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722,
    722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722,
    667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611,
    611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556,
    500, 389, 280, 389, 584,
)  # fmt: skip
OTHER_WIDTH = 611


class Logo(NamedTuple):
    """Rows of RGB, and the part of the code's side that the picture takes."""

    width: int
    height: int
    rows: Sequence[bytes]
    share: float


class Card(NamedTuple):
    """What stands on the card; `matrix` has its quiet zone, 1 is dark."""

    name: str
    line: str
    matrix: Sequence[Sequence[int]]
    dark: str
    light: str
    logo: Logo | None = None


def can_be_written(text: str) -> bool:
    """Whether Helvetica has all the letters."""
    return text.isprintable() and _encoded(text) is not None


def pdf_card(card: Card) -> bytes:
    """The file. A text with letters that Helvetica has not is left out."""
    content = [_filled(card.light, 0, 0, WIDTH, HEIGHT), *_code(card)]
    content += [
        _text(card.name, NAME_SIZE, 352.0, card.dark),
        _text(card.line, LINE_SIZE, 60.0, card.dark),
    ]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        _page(card.logo is not None),
        _stream(b"", zlib.compress("\n".join(filter(None, content)).encode("latin-1"))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
    ]
    if card.logo is not None:
        size = f"/Width {card.logo.width}/Height {card.logo.height}".encode()
        facts = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8" + size
        objects.append(_stream(facts, zlib.compress(b"".join(card.logo.rows))))
    return _file(objects)


def _page(has_logo: bool) -> bytes:
    picture = "/XObject<</L 6 0 R>>" if has_logo else ""
    return (
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents 4 0 R"
        f"/Resources<</Font<</F 5 0 R>>{picture}>>>>"
    ).encode()


def _code(card: Card) -> list[str]:
    """One bar for each run of dark modules."""
    side, left, bars = CODE_SIDE / len(card.matrix), (WIDTH - CODE_SIDE) / 2, [_colour(card.dark)]
    for y, row in enumerate(card.matrix):
        bottom, x = CODE_BOTTOM + CODE_SIDE - (y + 1) * side, 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                bars.append(
                    f"{left + x * side:.3f} {bottom:.3f} {(run - x) * side:.3f} {side:.3f} re"
                )
            x = run + 1
    return [*bars, "f", *_logo(card, left)]


def _logo(card: Card, left: float) -> list[str]:
    if card.logo is None:
        return []
    box = CODE_SIDE * card.logo.share
    longest = max(card.logo.width, card.logo.height)
    width, height = box * card.logo.width / longest, box * card.logo.height / longest
    x, y = left + CODE_SIDE / 2, CODE_BOTTOM + CODE_SIDE / 2
    ground = _filled(card.light, x - box * 0.56, y - box * 0.56, box * 1.12, box * 1.12)
    place = f"{width:.3f} 0 0 {height:.3f} {x - width / 2:.3f} {y - height / 2:.3f}"
    return [ground, f"q {place} cm /L Do Q"]


def _text(text: str, size: float, bottom: float, colour: str) -> str:
    """One line in the middle, smaller where it is long; nothing where it cannot be written."""
    letters = _encoded(text)
    if not text or letters is None:
        return ""
    wide = sum(_width(letter) for letter in letters) / 1000
    size = min(size, (WIDTH - 2 * EDGE) / wide)
    while size < LEAST_SIZE and len(letters) > 1:
        letters = letters[:-1]
        wide = sum(_width(letter) for letter in letters) / 1000
        size = min(LEAST_SIZE, (WIDTH - 2 * EDGE) / wide)
    left, shown = (WIDTH - wide * size) / 2, letters.hex()
    return f"{_colour(colour)} BT /F {size:.2f} Tf {left:.2f} {bottom} Td <{shown}> Tj ET"


def _encoded(text: str) -> bytes | None:
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return None


def _width(letter: int) -> int:
    return WIDTHS[letter - 32] if 32 <= letter < 127 else OTHER_WIDTH


def _colour(colour: str) -> str:
    return " ".join(f"{part / 255:.4f}" for part in rgb(colour)) + " rg"


def _filled(colour: str, x: float, y: float, width: float, height: float) -> str:
    return f"{_colour(colour)} {x:.3f} {y:.3f} {width:.3f} {height:.3f} re f"


def _stream(facts: bytes, packed: bytes) -> bytes:
    head = b"<<" + facts + f"/Filter/FlateDecode/Length {len(packed)}>>".encode()
    return head + b"stream\n" + packed + b"\nendstream"


def _file(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
