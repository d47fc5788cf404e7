"""A QR code as PDF, drawn as vectors. The modules come from segno, the file is written here:
segno's own takes no logo, and it draws a colour component of 1 (as in #010101) as 255. Operators
are those of ISO 32000-1, Annex A."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from plugin.core.colours import rgb
from plugin.services.qr_codes.logo import Pixels

Matrix = Sequence[Sequence[int]]


class Logo(NamedTuple):
    """Pixels, and the shares of the code's side that they and the background below them take."""

    pixels: Pixels
    share: float
    ground: float


def qr_pdf(matrix: Matrix, scale: int, dark: str, light: str, logo: Logo | None = None) -> bytes:
    """Return the file. `matrix` includes its quiet zone, 1 is dark; `scale`: points per module."""
    side = len(matrix) * scale
    drawing = _stream("", "\n".join(_drawing(matrix, scale, dark, light, logo)).encode())
    page = f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 {side} {side}] /Contents 4 0 R /Resources "
    picture = [_picture(logo.pixels)] if logo else []
    page += "<</XObject <</Logo 5 0 R>>>>>>" if logo else "<<>>>>"
    pages = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
    return _file([b"<</Type /Catalog /Pages 2 0 R>>", pages, page.encode(), drawing, *picture])


def boxes(matrix: Matrix) -> Iterator[tuple[int, int, int, int]]:
    """Yield left, top, width and height of dark boxes: equal runs of adjacent rows are merged."""
    begun: dict[tuple[int, int], int] = {}
    for y, row in enumerate([*matrix, ()]):
        runs = set(_runs(row))
        for left, width in sorted(begun.keys() - runs):
            top = begun.pop((left, width))
            yield left, top, width, y - top
        begun |= dict.fromkeys(runs - begun.keys(), y)


def _runs(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    at = 0
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            yield at, length
        at += length


def _drawing(matrix: Matrix, scale: int, dark: str, light: str, logo: Logo | None) -> Iterator[str]:
    # From bottom to top; PDF counts from the bottom left corner.
    count = len(matrix)
    yield f"{scale} 0 0 {scale} 0 0 cm {_colour(light)} 0 0 {count} {count} re f {_colour(dark)}"
    # All in one fill, so that no hairlines of background show between neighbours.
    for left, top, width, height in boxes(matrix):
        yield f"{left} {count - top - height} {width} {height} re"
    yield "f"
    if logo is not None:
        yield from _logo(logo, count, light)


def _logo(logo: Logo, count: int, light: str) -> Iterator[str]:
    ground, pixels = count * logo.ground, logo.pixels
    corner = (count - ground) / 2
    yield f"{_colour(light)} {corner:.4f} {corner:.4f} {ground:.4f} {ground:.4f} re f"
    # As large as fits, with its own aspect ratio.
    module = count * logo.share / max(pixels.width, pixels.height)
    width, height = pixels.width * module, pixels.height * module
    left, bottom = (count - width) / 2, (count - height) / 2
    yield f"{width:.4f} 0 0 {height:.4f} {left:.4f} {bottom:.4f} cm /Logo Do"


def _colour(colour: str) -> str:
    return " ".join(f"{part / 255:.4f}" for part in rgb(colour)) + " rg"


def _picture(pixels: Pixels) -> bytes:
    about = (
        f"/Type /XObject /Subtype /Image /Width {pixels.width} /Height {pixels.height}"
        " /ColorSpace /DeviceRGB /BitsPerComponent 8"
    )
    return _stream(about, pixels.rgb)


def _stream(about: str, data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    head = f"<<{about} /Filter /FlateDecode /Length {len(packed)}>>\nstream\n"
    return head.encode() + packed + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    # The objects are numbered from 1, the catalogue.
    # Bytes above 127 mark the file as binary for programs that transfer it.
    written, starts = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    size = len(objects) + 1
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    end = f"trailer\n<</Size {size} /Root 1 0 R>>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + f"xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode()
