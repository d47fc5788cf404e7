"""Pictures, read by what they are and drawn anew: upright, in sRGB, without a camera's notes.

Drawn anew, a file holds nothing but its picture: no place and time, and no second meaning as a page
or an archive.
"""

import io
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

from plugin.services.media import refusals
from plugin.services.media.refusals import MediaRefused

if TYPE_CHECKING:
    from PIL.Image import Image

# A phone's picture, before it is made smaller.
LARGEST_FILE = 25_000_000
# LINE's own limits of an image message and its preview (reference: Image message), less a little.
LARGEST, LARGEST_PREVIEW = 9_900_000, 990_000
LONGEST_SIDE, PREVIEW_SIDE = 2048, 1024
# A JPEG may be decoded at an eighth of its size; the others only whole.
MOST_PIXELS, MOST_WHOLE_PIXELS = 60_000_000, 4096 * 4096
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
ORIENTATION = 0x0112
QUALITIES = (90, 80, 70, 55, 40)
# What Pillow raises for files that are truncated, forged or no images at all.
BROKEN = (OSError, SyntaxError, ValueError, LookupError, EOFError, struct.error, MemoryError)
# One picture at a time takes at most about 200 MB.
_one_at_a_time = threading.Lock()


class Drawn(NamedTuple):
    """A file ready to be stored."""

    data: bytes
    content_type: str
    width: int
    height: int


def draw(file: IO[bytes], side: int = LONGEST_SIDE) -> tuple[Drawn, Drawn]:
    """Return the picture and its preview. Raise `MediaRefused`."""
    with opened(file, side) as picture:
        return _fitted(picture, side, LARGEST), _fitted(picture, PREVIEW_SIDE, LARGEST_PREVIEW)


def draw_icon(file: IO[bytes], side: int) -> Drawn:
    """Return a PNG of at most `side` pixels."""
    with opened(file, side) as picture:
        return _encoded(_shrunk(picture, side), "PNG")


def draw_widths(file: IO[bytes], widths: tuple[int, ...]) -> list[Drawn]:
    """Return the whole picture in each width, the largest last."""
    with opened(file, max(widths) * 2) as picture:
        return [_in_width(picture, width) for width in sorted(widths)]


@contextmanager
def opened(file: IO[bytes], side: int) -> Iterator["Image"]:
    """Decode a picture, no larger than `side` needs where its format allows that."""
    with _one_at_a_time:
        check_head(file)
        with _refusing():
            picture = _decoded(file, side)
        yield picture


def check_head(file: IO[bytes]) -> None:
    """Refuse what is known by its first bytes, and a WebP too large to be decoded at all."""
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if not head:
        raise MediaRefused(refusals.EMPTY)
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        raise MediaRefused(refusals.HEIC)
    if b"<svg" in head.lower():
        raise MediaRefused(refusals.SVG)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and webp_pixels(head) > MOST_WHOLE_PIXELS:
        # libwebp allocates what the head promises before Pillow can look at it.
        raise MediaRefused(refusals.TOO_MANY_PIXELS)


def webp_pixels(head: bytes) -> int:
    """Return the number of pixels that the head of a WebP file promises (RFC 9649)."""
    kind, data = head[12:16], head[20:30]
    if len(data) < 10:
        return 0
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
    elif kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return width * height


def _decoded(file: IO[bytes], side: int) -> "Image":
    from PIL import Image, ImageOps

    read = Image.open(file, formats=FORMATS)
    _check_size(read)
    # A JPEG is decoded at half, a quarter or an eighth of its size, where that is enough.
    read.draft("RGB", (side, side))
    read.load()
    picture: Image.Image = ImageOps.exif_transpose(_in_srgb(read))
    if picture.mode == "I;16":
        # Pillow would turn all but the darkest of 65,536 greys into white.
        picture = picture.point(lambda grey: grey / 256)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _check_size(picture: "Image") -> None:
    width, height = picture.size
    most = MOST_PIXELS if picture.format in ("JPEG", "MPO") else MOST_WHOLE_PIXELS
    if width * height > most:
        raise MediaRefused(refusals.TOO_MANY_PIXELS)
    if max(width, height) > 20 * min(width, height) and max(width, height) > PREVIEW_SIDE:
        raise MediaRefused(refusals.TOO_THIN)
    # A phone's JPEG may carry further pictures; the first one counts.
    if picture.format not in ("JPEG", "MPO") and getattr(picture, "is_animated", False):
        raise MediaRefused(refusals.MOVES)


def _in_srgb(picture: "Image") -> "Image":
    """Turn the colours of a camera's own colour space into those that every screen assumes."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "L"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode=picture.mode
        )
    except (ImageCms.PyCMSError, *BROKEN):
        return picture
    return converted or picture


@contextmanager
def _refusing() -> Iterator[None]:
    from PIL.Image import DecompressionBombError

    try:
        yield
    except DecompressionBombError:
        raise MediaRefused(refusals.TOO_MANY_PIXELS) from None
    except MediaRefused:
        raise
    except BROKEN:
        raise MediaRefused(refusals.NO_PICTURE) from None


def _shrunk(picture: "Image", side: int) -> "Image":
    from PIL import Image

    if max(picture.size) <= side:
        return picture
    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small


def _in_width(picture: "Image", width: int) -> Drawn:
    from PIL import Image

    height = max(round(picture.height * width / picture.width), 1)
    return _within(picture.resize((width, height), Image.Resampling.LANCZOS), LARGEST)


def _fitted(picture: "Image", side: int, most: int) -> Drawn:
    return _within(_shrunk(picture, side), most)


def _within(picture: "Image", most: int) -> Drawn:
    """Encode in at most `most` bytes: as PNG where something is transparent, else as JPEG."""
    if picture.mode == "RGBA":
        drawn = _encoded(picture, "PNG")
        if len(drawn.data) <= most:
            return drawn
        picture = _on_white(picture)
    for quality in QUALITIES:
        drawn = _encoded(picture, "JPEG", quality)
        if len(drawn.data) <= most:
            return drawn
    return _within(_shrunk(picture, max(picture.size) * 3 // 4), most)


def _on_white(picture: "Image") -> "Image":
    from PIL import Image

    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def _encoded(picture: "Image", kind: str, quality: int = 90) -> Drawn:
    from PIL import Image

    file = io.BytesIO()
    # A copy of the pixels alone: saving would repeat the notes that came with the file.
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    if kind == "PNG":
        bare.save(file, "PNG", optimize=picture.width * picture.height < 2_000_000)
    else:
        bare.save(file, "JPEG", quality=quality, progressive=True)
    content_type = "image/png" if kind == "PNG" else "image/jpeg"
    return Drawn(file.getvalue(), content_type, picture.width, picture.height)
