"""A logo is what its file says, whole, still, upright and small; or it is refused with a reason."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from plugin.services.qr_codes.logo import MAX_SIDE, InvalidPicture, as_clean_png
from plugin.services.qr_codes.settings import LARGEST_LOGO, LOGO_SIDE, fitted_logo
from tests.support.pictures import ORIENTATION, drawn, opened, saved

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def half(width: int = 40, height: int = 20) -> Image.Image:
    """Red, and blue on the right."""
    picture = drawn("red", width, height)
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


def near(seen: object, wanted: tuple[int, ...]) -> bool:
    """JPEG keeps colours almost."""
    assert isinstance(seen, tuple)
    return all(abs(one - other) < 12 for one, other in zip(seen, wanted, strict=True))


def refused(data: bytes) -> str:
    with pytest.raises(InvalidPicture) as error:
        fitted_logo(data)
    return error.value.reason


def forged(width: int, height: int, packed: bytes = b"") -> bytes:
    """A PNG whose head promises this size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(packed)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in parts)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_either_kind_is_kept_as_a_png_without_notes(kind: str) -> None:
    kept = opened(as_clean_png(saved(half(), kind), LOGO_SIDE))
    assert (kept.format, kept.mode, kept.size) == ("PNG", "RGBA", (40, 20))
    assert near(kept.getpixel((5, 10)), RED)
    assert near(kept.getpixel((35, 10)), BLUE)
    assert ORIENTATION not in kept.getexif()
    assert not kept.info


@pytest.mark.parametrize(
    ("turned", "size", "red"),
    [
        (1, (40, 20), (5, 10)),
        (3, (40, 20), (35, 10)),
        (6, (20, 40), (10, 5)),
        (8, (20, 40), (10, 35)),
    ],
)
def test_a_photo_stands_as_the_camera_was_held(
    turned: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    kept = opened(as_clean_png(saved(half(), "JPEG", turned), LOGO_SIDE))
    assert kept.size == size
    assert near(kept.getpixel(red), RED)


def test_a_large_one_is_made_small_smoothly() -> None:
    lines = Image.new("L", (1024, 512))
    lines.putdata([255 * (x % 2) for _ in range(512) for x in range(1024)])
    kept = opened(as_clean_png(saved(lines), LOGO_SIDE))
    assert kept.size == (256, 128)
    assert near(kept.getpixel((100, 50)), (127, 127, 127, 255))


@pytest.mark.parametrize(
    ("mode", "colour", "seen"),
    [
        ("1", "white", (255, 255, 255, 255)),
        ("L", "#808080", (128, 128, 128, 255)),
        ("LA", "#80808040", (127, 127, 127, 64)),
        ("P", "red", RED),
        ("RGBA", "#ff000080", (255, 0, 0, 128)),
    ],
)
def test_pngs_of_every_common_kind_are_read(mode: str, colour: str, seen: object) -> None:
    assert opened(as_clean_png(saved(drawn(colour, mode=mode)), 9)).getpixel((4, 2)) == seen


def test_deep_greys_and_printers_colours_are_read() -> None:
    deep = Image.new("I;16", (4, 4), 0x8000)
    assert opened(as_clean_png(saved(deep), 9)).getpixel((2, 2)) == (128, 128, 128, 255)
    inks = drawn("red").convert("CMYK")
    assert near(opened(as_clean_png(saved(inks, "JPEG"), 9)).getpixel((4, 2)), RED)


def test_the_first_picture_of_a_phones_file_is_meant() -> None:
    kept = opened(as_clean_png(saved(half(), "MPO", moving=True), LOGO_SIDE))
    assert near(kept.getpixel((5, 10)), RED)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_picture"),
        (saved(half(), "GIF"), "not_picture"),
        (saved(half(), "TIFF"), "not_picture"),
        (saved(half(), "WEBP"), "not_picture"),
        (saved(half())[:90], "not_picture"),
        (saved(half(MAX_SIDE, MAX_SIDE), "JPEG")[:-900], "not_picture"),
        (forged(MAX_SIDE, MAX_SIDE, b"\0"), "not_picture"),
        (saved(half(), moving=True), "moving"),
        (saved(half(MAX_SIDE + 1, 2)), "too_large"),
        (saved(half(2, MAX_SIDE + 1), "JPEG"), "too_large"),
        (forged(60_000, 60_000), "too_large"),
        (b"x" * (LARGEST_LOGO + 1), "too_heavy"),
    ],
)
def test_anything_else_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert refused(data) == reason


def test_nothing_is_unpacked_before_its_size_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("unpacked"))
    assert refused(forged(1025, 1025, bytes(1025 * 1025 * 3))) == "too_large"


WHOLE = [saved(half(), "PNG"), saved(half(), "JPEG", 6)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(WHOLE), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_any_file_is_a_picture_or_refused(whole: bytes, at: int, noise: bytes) -> None:
    try:
        kept = fitted_logo(whole[:at] + noise + whole[at + len(noise) :])
    except InvalidPicture:
        return
    assert kept is not None
    assert opened(kept).format == "PNG"
