"""The files that one upload becomes: by what it is for, or by what a friend sent."""

import io
import os
from typing import IO, Any, NamedTuple

from plugin.models.media.media import AUDIO, FILE, ICON, IMAGE, IMAGEMAP, VIDEO
from plugin.services.media import pictures, refusals
from plugin.services.media.movies import LARGEST_FILE, blank_notes, check_movie
from plugin.services.media.pictures import Drawn
from plugin.services.media.refusals import MediaRefused, too_large

ORIGINAL, PREVIEW = "original", "preview"
# The widths that LINE asks of an imagemap (reference: Imagemap message).
IMAGEMAP_WIDTHS = (240, 300, 460, 700, 1040)
ICON_SIDE = 512
LARGEST = {IMAGE: pictures.LARGEST_FILE, VIDEO: LARGEST_FILE, IMAGEMAP: pictures.LARGEST_FILE,
           ICON: pictures.LARGEST_FILE}  # fmt: skip
LARGEST_OF_ALL = max(LARGEST.values())
# What a browser may be told about a friend's recording; everything else is a file to download.
SOUNDS = ("audio/mp4", "audio/x-m4a", "audio/mpeg", "audio/aac")


class Variant(NamedTuple):
    file: IO[bytes]
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None

    def facts(self) -> dict[str, Any]:
        return {
            "type": self.content_type,
            "size": self.size,
            "width": self.width,
            "height": self.height,
        }


class Made(NamedTuple):
    """`main` names the variant that stands for the whole."""

    kind: str
    variants: dict[str, Variant]
    main: str = ORIGINAL


def of_uploaded(file: IO[bytes], wanted: str) -> Made:
    """Make what a team's upload is for. Raise `MediaRefused`."""
    kind = wanted if wanted in LARGEST else (VIDEO if _is_movie(file) else IMAGE)
    if _size(file) > LARGEST[kind]:
        raise too_large(LARGEST[kind])
    if kind == VIDEO:
        return _movie(file)
    if kind == IMAGEMAP:
        drawn = pictures.draw_widths(file, IMAGEMAP_WIDTHS)
        widths = zip(map(str, IMAGEMAP_WIDTHS), map(_kept, drawn), strict=True)
        return Made(kind, dict(widths), str(IMAGEMAP_WIDTHS[-1]))
    if kind == ICON:
        return Made(kind, {ORIGINAL: _kept(pictures.draw_icon(file, ICON_SIDE))})
    return _picture(file)


def of_received(file: IO[bytes], claimed_type: str) -> Made:
    """Keep what a friend sent. What is no picture or video is a file, whatever it claims."""
    if _size(file) > LARGEST_FILE:
        raise too_large(LARGEST_FILE)
    for make in (_movie, _picture):
        try:
            return make(file)
        except MediaRefused:
            continue
    if claimed_type in SOUNDS:
        return Made(AUDIO, {ORIGINAL: _as_it_is(file, claimed_type)})
    return Made(FILE, {ORIGINAL: _as_it_is(file, "application/octet-stream")})


def _picture(file: IO[bytes]) -> Made:
    whole, preview = pictures.draw(file)
    return Made(IMAGE, {ORIGINAL: _kept(whole), PREVIEW: _kept(preview)})


def _movie(file: IO[bytes]) -> Made:
    size = check_movie(file)
    blank_notes(file)
    film = _as_it_is(file, "video/mp4")
    return Made(VIDEO, {ORIGINAL: film._replace(width=size.width, height=size.height)})


def _is_movie(file: IO[bytes]) -> bool:
    file.seek(0)
    head = file.read(12)
    file.seek(0)
    return head[4:8] in (b"ftyp", b"moov", b"wide") and head[8:12] not in (b"heic", b"mif1")


def _kept(drawn: Drawn) -> Variant:
    size = len(drawn.data)
    return Variant(io.BytesIO(drawn.data), drawn.content_type, size, drawn.width, drawn.height)


def _as_it_is(file: IO[bytes], content_type: str) -> Variant:
    size = _size(file)
    if not size:
        raise MediaRefused(refusals.EMPTY)
    return Variant(file, content_type, size)


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size
