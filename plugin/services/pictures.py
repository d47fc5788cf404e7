"""Pictures that people send, taken in only as far as they are what they say; Pillow reads them."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from plugin.core.colours import rgb

if TYPE_CHECKING:
    from PIL.Image import Image

# The side of a picture in pixels, read from its head before anything is unpacked.
LARGEST = 1024
# No WebP: its reader makes room for what the head promises before the size can be looked at.
KINDS = ("PNG", "JPEG")
# What Pillow raises for files that are cut off, forged or not pictures at all.
BROKEN = (OSError, SyntaxError, ValueError, LookupError, EOFError, struct.error)

Reason = Literal["too_heavy", "not_picture", "too_large", "moving"]


class InvalidPicture(ValueError):
    """A file that is not taken as a picture, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def as_clean_png(data: bytes, side: int) -> bytes:
    """A PNG or JPEG drawn anew: upright, `side` pixels at most, without anything but its pixels.

    Raises `InvalidPicture`, never with `too_heavy`.
    """
    from PIL import Image

    picture = _upright(_opened(data)).convert("RGBA")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return written(picture)


def on_ground(png: bytes, light: str) -> "Image":
    """One of our own pictures as RGB, laid on one colour."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    ground = Image.new("RGBA", picture.size, (*rgb(light), 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def in_the_middle(drawn: bytes, patch: "Image", box: int, ground: int, light: str) -> bytes:
    """A square PNG with a picture of `box` pixels on a ground of `ground` pixels."""
    from PIL import Image, ImageOps

    whole = Image.open(io.BytesIO(drawn)).convert("RGB")
    _lay(whole, Image.new("RGB", (ground, ground), rgb(light)))
    _lay(whole, ImageOps.contain(patch, (box, box), Image.Resampling.LANCZOS))
    return written(whole)


def written(picture: "Image") -> bytes:
    """As PNG."""
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
    # Of 65,536 greys Pillow would turn all but the darkest into white.
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
    """By the head alone. A phone's JPEG may carry further pictures; the first one is meant."""
    if max(picture.size) > LARGEST:
        raise InvalidPicture("too_large")
    if picture.format == "PNG" and getattr(picture, "is_animated", False):
        raise InvalidPicture("moving")


def _upright(picture: "Image") -> "Image":
    """As the camera was held; a picture whose note of that is broken stays as it lies."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(picture)
    except BROKEN:
        return picture


def _lay(whole: "Image", patch: "Image") -> None:
    whole.paste(patch, ((whole.width - patch.width) // 2, (whole.height - patch.height) // 2))
