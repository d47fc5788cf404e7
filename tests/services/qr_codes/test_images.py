"""The code's pictures: they scan, with a logo too, and print in the colours that were chosen."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import segno
from PIL import ImageChops

from plugin.services.qr_codes.images import MARGIN, Kind, qr_image
from plugin.services.qr_codes.logo import as_clean_png
from plugin.services.qr_codes.pdf import boxes
from tests.support.pictures import drawn, opened, printed, saved, scanned

ADDRESS = "https://musubi.example.com/l/0aB1cD2eF3gH"
MATRIX = [list(row) for row in segno.make(ADDRESS, error="h").matrix_iter(border=MARGIN)]
PHOTO = as_clean_png(saved(drawn("orange", 640, 480), "JPEG"), 256)
INK, PAPER = (0x00, 0x33, 0x66), (0xFF, 0xF8, 0xE8)
OUTSIDE: Any = SimpleNamespace(settings=SimpleNamespace(base_url="https://musubi.example.com"))


def picture(kind: Kind, scale: int = 8, logo: bytes | None = PHOTO, **more: Any) -> bytes:
    values = {"slug": "0aB1cD2eF3gH", "dark": "#003366", "light": "#fff8e8", **more}
    code: Any = SimpleNamespace(**values, logo=logo, has_logo=logo is not None)
    return qr_image(OUTSIDE, code, kind, scale)


@pytest.mark.parametrize("scale", [2, 8, 40])
def test_a_code_for_screens_scans_with_its_logo(scale: int) -> None:
    shown = opened(picture("png", scale))
    assert shown.size == (len(MATRIX) * scale, len(MATRIX) * scale)
    assert scanned(shown) == [ADDRESS]


@pytest.mark.parametrize("logo", [None, PHOTO])
def test_a_code_for_printers_scans_in_its_colours(logo: bytes | None) -> None:
    page = printed(picture("pdf", logo=logo))
    assert scanned(page.picture) == [ADDRESS]
    colours = {colour for _, colour in page.picture.getcolors(1 << 24) or []}
    assert {INK, PAPER} <= colours
    assert page.picture.getpixel((3, 3)) == PAPER


@pytest.mark.parametrize("dark", ["#000000", "#010101", "#010203", "#7f0001"])
def test_every_colour_is_printed_as_it_was_chosen(dark: str) -> None:
    page = printed(picture("pdf", logo=None, dark=dark, light="#fefeff"))
    colours = {colour for _, colour in page.picture.getcolors(1 << 24) or []}
    assert tuple(bytes.fromhex(dark[1:])) in colours
    assert (0xFE, 0xFE, 0xFF) in colours


@pytest.mark.parametrize("scale", [1, 10, 40])
def test_the_page_is_as_large_as_was_asked(scale: int) -> None:
    side = len(MATRIX) * scale
    assert printed(picture("pdf", scale)).points == (side, side)


@pytest.mark.parametrize(("width", "height"), [(256, 128), (128, 256), (200, 200), (256, 1)])
def test_a_printed_logo_keeps_its_proportions_and_lies_in_the_middle(
    width: int, height: int
) -> None:
    page = printed(picture("pdf", logo=saved(drawn("red", width, height))))
    red, green, _ = page.picture.split()
    place = ImageChops.subtract(red, green).point(lambda more: 255 * (more > 128)).getbbox()
    assert place is not None
    left, top, right, bottom = place
    side = page.picture.width
    assert (right - left) / side == pytest.approx(0.2 * width / max(width, height), abs=0.005)
    assert (bottom - top) / side == pytest.approx(0.2 * height / max(width, height), abs=0.005)
    assert (left + right, top + bottom) == pytest.approx((side, side), abs=3)


def test_a_printed_logo_stands_upright() -> None:
    flag = drawn("blue", 100, 100)
    flag.paste(drawn("red", 100, 50), (0, 0))
    page = printed(picture("pdf", logo=saved(flag)))
    middle = page.picture.width // 2
    assert page.picture.getpixel((middle, middle - 20)) == (255, 0, 0)
    assert page.picture.getpixel((middle, middle + 20)) == (0, 0, 255)


def test_the_boxes_are_the_dark_modules_each_once() -> None:
    painted = [[0] * len(MATRIX) for _ in MATRIX]
    found = list(boxes(MATRIX))
    for left, top, width, height in found:
        for y in range(top, top + height):
            for x in range(left, left + width):
                painted[y][x] += 1
    assert painted == [[int(bool(module)) for module in row] for row in MATRIX]
    assert len(found) < sum(map(sum, painted)) / 2


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_code_is_the_same_file_whoever_makes_it(kind: Kind) -> None:
    with ThreadPoolExecutor(4) as several:
        made = set(several.map(picture, [kind] * 8))
    assert len(made) == 1
    assert len(made.pop()) < 50_000


def test_the_table_of_a_pdf_says_where_each_object_begins() -> None:
    file = picture("pdf")
    start = int(file.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    lines = file[start:].split(b"\n")
    assert lines[:2] == [b"xref", b"0 6"]
    for number, line in enumerate(lines[3:8], 1):
        assert len(line) == 19
        assert file[int(line[:10]) :].startswith(b"%d 0 obj\n" % number)


def test_what_draws_is_loaded_when_something_is_drawn() -> None:
    seen = "import sys, plugin.api, plugin.web; print({'PIL'} & {*sys.modules})"
    ended = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
