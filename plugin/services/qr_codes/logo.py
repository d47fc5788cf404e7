"""Uploaded images, accepted only if Pillow reads them as the type they claim to be."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from plugin.core.colours import rgb

if TYPE_CHECKING:
    from PIL.Image import Image

# The maximum side in pixels, checked in the header before anything is unpacked.
MAX_SIDE = 1024
# No WebP: its reader allocates what the header promises before the size can be checked.
KINDS = ("PNG", "JPEG")
# What Pillow raises for files that are truncated, forged or no images at all.
BROKEN = (OSError, SyntaxError, ValueError, LookupError, EOFError, struct.error)

Reason = Literal["too_heavy", "not_picture", "too_large", "moving"]


class Pixels(NamedTuple):
    """Three bytes per pixel, row by row from the top."""

    width: int
    height: int
    rgb: bytes


class InvalidPicture(ValueError):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def as_clean_png(data: bytes, side: int) -> bytes:
    """Redraw a PNG or JPEG: upright, `side` pixels at most, without metadata. Raise
    `InvalidPicture`, never with `too_heavy`."""
    from PIL import Image

    picture = _upright(_opened(data)).convert("RGBA")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return to_png(picture)


def on_background(png: bytes, light: str) -> "Image":
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    ground = Image.new("RGBA", picture.size, (*rgb(light), 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def pixels_on_background(png: bytes, light: str) -> Pixels:
    picture = on_background(png, light)
    return Pixels(picture.width, picture.height, picture.tobytes())


def centered(drawn: bytes, patch: "Image", box: int, ground: int, light: str) -> bytes:
    """Return a square PNG with an image of `box` pixels on a background of `ground` pixels."""
    from PIL import Image, ImageOps

    whole = Image.open(io.BytesIO(drawn)).convert("RGB")
    _paste_centered(whole, Image.new("RGB", (ground, ground), rgb(light)))
    _paste_centered(whole, ImageOps.contain(patch, (box, box), Image.Resampling.LANCZOS))
    return to_png(whole)


def to_png(picture: "Image") -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _opened(data: bytes) -> "Image":
    from PIL import Image

    with _refusing():
        picture = Image.open(io.BytesIO(data), formats=KINDS)
    _check(picture)
    with _refusing():
        picture.load()
    # Pillow would turn all but the darkest of 65,536 greys into white.
    deep = picture.mode == "I;16"
    return picture.point(lambda grey: grey / 256).convert("L") if deep else picture


@contextmanager
def _refusing() -> Iterator[None]:
    from PIL.Image import DecompressionBombError

    try:
        yield
    except DecompressionBombError as error:
        raise InvalidPicture("too_large") from error
    except BROKEN as error:
        raise InvalidPicture("not_picture") from error


def _check(picture: "Image") -> None:
    # By the header alone. A phone's JPEG may carry further images; the first one counts.
    if max(picture.size) > MAX_SIDE:
        raise InvalidPicture("too_large")
    if picture.format == "PNG" and getattr(picture, "is_animated", False):
        raise InvalidPicture("moving")


def _upright(picture: "Image") -> "Image":
    # An unreadable EXIF orientation leaves the image as it is.
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(picture)
    except BROKEN:
        return picture


def _paste_centered(whole: "Image", patch: "Image") -> None:
    whole.paste(patch, ((whole.width - patch.width) // 2, (whole.height - patch.height) // 2))
