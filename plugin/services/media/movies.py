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
# Where phones write places, times and names.
NOTES = (b"udta", b"meta", b"uuid")
MOST_BOXES = 2000
ZEROS = bytes(64 * 1024)


class Box(NamedTuple):
    """`start` to `stop` is its content; `outer` the name of the box around it."""

    name: bytes
    start: int
    stop: int
    outer: bytes
    name_at: int


class Movie(NamedTuple):
    width: int
    height: int


def check_movie(file: IO[bytes]) -> Movie:
    """Return the size of the first picture track. Raise `MediaRefused`."""
    size = file.seek(0, os.SEEK_END)
    _check_brand(file, size)
    boxes = list(_boxes(file, 0, size))
    if not {b"moov", b"mdat"} <= {box.name for box in boxes if not box.outer}:
        raise MediaRefused(refusals.BROKEN_OFF)
    sizes = [_track_size(file, box) for box in boxes if box.name == b"tkhd"]
    pictures = [size for size in sizes if min(size) > 0]
    if not pictures:
        raise MediaRefused(refusals.NO_TRACK)
    return pictures[0]


def blank_notes(file: IO[bytes]) -> None:
    """Overwrite what a camera notes beside the film; every other byte stays where it is."""
    size = file.seek(0, os.SEEK_END)
    for box in list(_boxes(file, 0, size)):
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


def _boxes(
    file: IO[bytes], start: int, stop: int, outer: bytes = b"", depth: int = 0
) -> Iterator[Box]:
    count = 0
    while start + 8 <= stop:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if size == 1:
            size, content = int.from_bytes(file.read(8), "big"), start + 16
        end = stop if size == 0 else start + size
        count += 1
        if end > stop or end < content or count > MOST_BOXES:
            raise MediaRefused(refusals.BROKEN_OFF)
        yield Box(name, content, end, outer, start + 4)
        if name in HOLDERS and depth < 4:
            yield from _boxes(file, content, end, name, depth + 1)
        start = end


def _track_size(file: IO[bytes], box: Box) -> Movie:
    # The last two numbers of the box, with 16 bits behind the point.
    file.seek(max(box.stop - 8, box.start))
    numbers = file.read(min(8, box.stop - box.start))
    if len(numbers) < 8:
        return Movie(0, 0)
    width, height = struct.unpack(">II", numbers)
    return Movie(width >> 16, height >> 16)
