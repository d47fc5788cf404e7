"""MP4 videos, read by their boxes (ISO/IEC 14496-12) without decoding anything."""

import os
import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from plugin.services.media import refusals
from plugin.services.media.refusals import MediaRefused

# LINE's own limit of a video message.
LARGEST_FILE = 200_000_000
# Boxes that hold boxes, down to where a track says what it is.
HOLDERS = (b"moov", b"trak", b"mdia")
DEEPEST = 5
# Where phones write places, times and names.
NOTES = (b"udta", b"meta", b"uuid")
# Of the whole file, on all levels: each costs a read. Films in many fragments have some hundreds.
MOST_BOXES = 2000
ZEROS = bytes(64 * 1024)


class Box(NamedTuple):
    """`start` to `stop` is its content; `level` 0 stands in no other box."""

    name: bytes
    start: int
    stop: int
    level: int
    name_at: int


class Movie(NamedTuple):
    width: int
    height: int


def check_movie(file: IO[bytes]) -> Movie:
    """Return the size of the first picture track. Raise `MediaRefused`."""
    size = file.seek(0, os.SEEK_END)
    _check_brand(file, size)
    outermost: set[bytes] = set()
    picture = Movie(0, 0)
    for box in _boxes(file, size):
        if not box.level:
            outermost.add(box.name)
        if box.name == b"tkhd" and not min(picture):
            picture = _track_size(file, box)
    if not {b"moov", b"mdat"} <= outermost:
        raise MediaRefused(refusals.BROKEN_OFF)
    if not min(picture):
        raise MediaRefused(refusals.NO_TRACK)
    return picture


def blank_notes(file: IO[bytes]) -> None:
    """Overwrite what a camera notes beside the film; every other byte stays where it is."""
    size = file.seek(0, os.SEEK_END)
    for box in _boxes(file, size):
        if box.name in NOTES:
            file.seek(box.name_at)
            file.write(b"free")
            file.seek(box.start)
            for at in range(box.start, box.stop, len(ZEROS)):
                file.write(ZEROS[: min(len(ZEROS), box.stop - at)])
    file.flush()


def _check_brand(file: IO[bytes], size: int) -> None:
    file.seek(0)
    head = file.read(12)
    if not size:
        raise MediaRefused(refusals.EMPTY)
    if head[4:12] == b"ftypqt  " or head[4:8] in (b"moov", b"wide"):
        raise MediaRefused(refusals.QUICKTIME)
    if head[4:8] != b"ftyp" or head[8:12] in (b"heic", b"mif1", b"avif"):
        raise MediaRefused(refusals.NO_VIDEO)


def _boxes(file: IO[bytes], size: int) -> Iterator[Box]:
    """Yield the boxes in their order, those inside a holder behind it."""
    start, ends = 0, [size]
    for _ in range(MOST_BOXES):
        while start + 8 > ends[-1]:
            start = ends.pop()
            if not ends:
                return
        box = _box_at(file, start, ends)
        yield box
        if box.name in HOLDERS and len(ends) < DEEPEST:
            ends.append(box.stop)
            start = box.start
        else:
            start = box.stop
    raise MediaRefused(refusals.BROKEN_OFF)


def _box_at(file: IO[bytes], start: int, ends: list[int]) -> Box:
    file.seek(start)
    size, name = struct.unpack(">I4s", file.read(8))
    content = start + 8
    if size == 1:
        size, content = int.from_bytes(file.read(8), "big"), start + 16
    end = start + size if size else ends[-1]
    if end > ends[-1] or end < content:
        raise MediaRefused(refusals.BROKEN_OFF)
    return Box(name, content, end, len(ends) - 1, start + 4)


def _track_size(file: IO[bytes], box: Box) -> Movie:
    # The last two numbers of the box, with 16 bits behind the point.
    file.seek(max(box.stop - 8, box.start))
    numbers = file.read(min(8, box.stop - box.start))
    if len(numbers) < 8:
        return Movie(0, 0)
    width, height = struct.unpack(">II", numbers)
    return Movie(width >> 16, height >> 16)
