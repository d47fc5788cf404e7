"""PNG pictures (ISO/IEC 15948) read and written, as far as a logo needs them."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST = 1024
# Samples of a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA.
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


class InvalidPicture(ValueError):
    """Not a PNG, or of a kind that is not read. `reason`: not_png | too_large | unusual."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Picture(NamedTuple):
    """Four bytes a pixel (RGBA), row by row."""

    width: int
    height: int
    pixels: bytes


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    kind: int


def read_png(data: bytes) -> Picture:
    """Decode. Raises `InvalidPicture` for anything that cannot be; never more than 1024 a side."""
    try:
        chunks = list(_chunks(data))
        header, packed = _header(chunks), b"".join(body for name, body in chunks if name == b"IDAT")
        rows = _rows(header, packed)
        named = dict(chunks)
        pixels = b"".join(_rgba(row, header, named) for row in rows)
    except (struct.error, zlib.error, IndexError) as error:
        raise InvalidPicture("not_png") from error
    if len(pixels) != header.width * header.height * 4:
        raise InvalidPicture("not_png")
    return Picture(header.width, header.height, pixels)


def write_png(width: int, height: int, rows: Iterator[bytes], samples: int) -> bytes:
    """Encode rows of 8-bit RGB (`samples` 3) or RGBA (4)."""
    kind = {3: 2, 4: 6}[samples]
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    parts = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def shrunk(picture: Picture, most: int) -> Picture:
    """The picture at `most` pixels a side at most, each the nearest of the old ones."""
    longest = max(picture.width, picture.height)
    if longest <= most:
        return picture
    width = max(1, picture.width * most // longest)
    height = max(1, picture.height * most // longest)
    return resized(picture, width, height)


def resized(picture: Picture, width: int, height: int) -> Picture:
    """The picture at exactly this size."""
    columns = [(x * picture.width // width) * 4 for x in range(width)]
    rows = []
    for y in range(height):
        start = (y * picture.height // height) * picture.width * 4
        row = picture.pixels[start : start + picture.width * 4]
        rows.append(b"".join(row[x : x + 4] for x in columns))
    return Picture(width, height, b"".join(rows))


def on_ground(picture: Picture, ground: tuple[int, int, int]) -> list[bytes]:
    """Rows of RGB, the picture laid on one colour."""
    rows, width = [], picture.width * 4
    for start in range(0, len(picture.pixels), width):
        row = bytearray()
        for x in range(start, start + width, 4):
            alpha = picture.pixels[x + 3]
            row += bytes(
                (picture.pixels[x + part] * alpha + ground[part] * (255 - alpha)) // 255
                for part in range(3)
            )
        rows.append(bytes(row))
    return rows


def as_png(picture: Picture) -> bytes:
    """Encode a whole picture with its transparency."""
    width = picture.width * 4
    rows = (picture.pixels[at : at + width] for at in range(0, len(picture.pixels), width))
    return write_png(picture.width, picture.height, rows, 4)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(SIGNATURE):
        raise InvalidPicture("not_png")
    at = len(SIGNATURE)
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        yield name, data[at + 8 : at + 8 + length]
        at += 12 + length


def _header(chunks: list[tuple[bytes, bytes]]) -> _Header:
    name, body = chunks[0]
    if name != b"IHDR":
        raise InvalidPicture("not_png")
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", body)
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise InvalidPicture("too_large")
    small = kind == 3 and depth in (1, 2, 4)
    if kind not in SAMPLES or interlaced or (depth != 8 and not small):
        raise InvalidPicture("unusual")
    return _Header(width, height, depth, kind)


def _rows(header: _Header, packed: bytes) -> Iterator[bytes]:
    bits = SAMPLES[header.kind] * header.depth
    length, back = (header.width * bits + 7) // 8, max(1, bits // 8)
    # No more than the header promises, whatever the file would unpack to.
    raw = zlib.decompressobj().decompress(packed, (length + 1) * header.height)
    before = bytes(length)
    for y in range(header.height):
        start = y * (length + 1)
        before = _unfiltered(raw[start], raw[start + 1 : start + 1 + length], before, back)
        yield before


def _unfiltered(kind: int, row: bytes, above: bytes, back: int) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((one + up) & 255 for one, up in zip(row, above, strict=True))
    out = bytearray(row)
    for x, one in enumerate(row):
        left = out[x - back] if x >= back else 0
        corner = above[x - back] if x >= back else 0
        out[x] = (one + _guess(kind, left, above[x], corner)) & 255
    return bytes(out)


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    if kind != 4:
        raise InvalidPicture("not_png")
    near = left + up - corner
    distances = (abs(near - left), abs(near - up), abs(near - corner))
    return (left, up, corner)[distances.index(min(distances))]


def _rgba(row: bytes, header: _Header, chunks: dict[bytes, bytes]) -> bytes:
    if header.kind == 6:
        return row
    if header.kind == 3:
        return _from_palette(row, header, chunks)
    step, colours = SAMPLES[header.kind], 3 if header.kind == 2 else 1
    pixels = (row[x : x + step] for x in range(0, len(row), step))
    return b"".join(one[:colours] * (3 // colours) + (one[colours:] or b"\xff") for one in pixels)


def _from_palette(row: bytes, header: _Header, chunks: dict[bytes, bytes]) -> bytes:
    palette, clear = chunks.get(b"PLTE", b""), chunks.get(b"tRNS", b"")
    each, mask = 8 // header.depth, (1 << header.depth) - 1
    shifts = [8 - header.depth * (x + 1) for x in range(each)]
    indices = [(byte >> shift) & mask for byte in row for shift in shifts][: header.width]
    return b"".join(
        palette[3 * one : 3 * one + 3] + (clear[one : one + 1] or b"\xff") for one in indices
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    checked = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checked)
