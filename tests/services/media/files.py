"""Pictures and films as people upload them."""

import io
import struct

from PIL import Image

from plugin.services.media.store import Upload

GPS = 0x8825


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (400, 300), turned: int = 1, mode: str = "RGB"
) -> bytes:
    """A picture with a camera's notes: how it was held, and where."""
    file, notes = io.BytesIO(), Image.Exif()
    notes[0x0112] = turned
    notes.get_ifd(GPS)[1] = "N"
    notes[0x010E] = "Kyoto, 35.0116"
    made = Image.linear_gradient("L").resize(size).convert(mode)
    made.save(file, kind, exif=notes)
    return file.getvalue()


def moving(kind: str = "GIF") -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue")]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def film(
    width: int = 640, height: int = 360, brand: bytes = b"isom", media: bytes = b"\0" * 64
) -> bytes:
    """The boxes of an MP4 film, with a phone's note of the place."""
    head = box(b"ftyp", brand + b"\0\0\2\0" + brand)
    tkhd = box(b"tkhd", bytes(76) + struct.pack(">II", width << 16, height << 16))
    place = box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7+35.0116+135.7681/"))
    return head + box(b"mdat", media) + box(b"moov", box(b"trak", tkhd) + place)


def upload(data: bytes, name: str = "photo.jpg", claimed: str = "") -> Upload:
    return Upload(io.BytesIO(data), name, claimed)
