"""The card to print: every name in its own letters, its fonts in it, and a code that scans."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import segno

from plugin.services.card_letters import can_be_written, lettering
from plugin.services.pictures import as_clean_png, on_ground
from plugin.services.qr_card import Card, Logo, boxes, qr_card
from plugin.services.qr_images import MARGIN, qr_image
from tests.pictures import drawn, letters, opened, printed, saved, scanned

ID = "@123abcde"
ADDRESS = "https://musubi.example.com/l/0aB1cD2eF3gH"
MATRIX = [list(row) for row in segno.make(ADDRESS, error="h").matrix_iter(border=MARGIN)]
PHOTO = as_clean_png(saved(drawn("orange", 640, 480), "JPEG"), 256)


def card(name: str, zone: str = "Asia/Tokyo", line: str = ID, **more: Any) -> Card:
    return Card(name, line, zone, MATRIX, **{"dark": "#000000", "light": "#ffffff", **more})


@pytest.mark.parametrize(
    ("name", "zone", "font"),
    [
        ("結び商店 さくら", "Asia/Tokyo", "NotoSansCJKJP"),
        ("台北好物商店 啟吃", "Asia/Taipei", "NotoSansCJKTC"),
        ("さくら 台北店", "Asia/Taipei", "NotoSansCJKJP"),
        ("ร้านมูซูบิ", "Asia/Bangkok", "NotoSansThai"),
        ("Café Łódź", "Europe/Warsaw", "NotoSans"),
        ("춘천 가게", "Asia/Seoul", "NotoSansCJKKR"),
        ("Musubi 🌸", "Asia/Tokyo", "NotoEmoji"),
    ],
)
def test_a_name_is_in_its_own_letters(name: str, zone: str, font: str) -> None:
    page = printed(qr_card(card(name, zone)))
    assert page.letters == letters(name) + ID
    assert any(each.endswith(f"+{font}") for each in page.fonts)
    assert all(page.fonts.values())
    assert can_be_written(name)


@pytest.mark.parametrize("share", [None, 0.2])
def test_a_printed_code_scans(share: float | None) -> None:
    ink, paper = "#003366", "#fff8e8"
    logo = Logo(on_ground(PHOTO, paper), share, share * 1.12) if share else None
    page = printed(qr_card(card("結び商店", dark=ink, light=paper, logo=logo)))
    assert scanned(page.picture) == [ADDRESS]
    assert page.picture.getpixel((3, 3)) == (0xFF, 0xF8, 0xE8)


def test_a_code_for_screens_scans_with_its_logo() -> None:
    outside: Any = SimpleNamespace(settings=SimpleNamespace(base_url="https://musubi.example.com"))
    code: Any = SimpleNamespace(
        slug="0aB1cD2eF3gH", dark="#003366", light="#fff8e8", has_logo=True, logo=PHOTO
    )
    for scale in (2, 8, 40):
        picture = opened(qr_image(outside, code, "png", scale))
        assert picture.size == (len(MATRIX) * scale, len(MATRIX) * scale)
        assert scanned(picture) == [ADDRESS]


def test_the_boxes_are_the_dark_modules_each_once() -> None:
    painted = [[0] * len(MATRIX) for _ in MATRIX]
    found = list(boxes(MATRIX))
    for left, top, width, height in found:
        for y in range(top, top + height):
            for x in range(left, left + width):
                painted[y][x] += 1
    assert painted == [[int(bool(module)) for module in row] for row in MATRIX]
    assert len(found) < sum(map(sum, painted)) / 2


def test_the_same_card_is_the_same_file_whoever_makes_it() -> None:
    wanted = card("結び Musubi ร้านมูซูบิ 🌸", logo=Logo(on_ground(PHOTO, "#ffffff"), 0.2, 0.22))
    with ThreadPoolExecutor(4) as several:
        made = set(several.map(qr_card, [wanted] * 8))
    assert len(made) == 1
    assert len(made.pop()) < 100_000


@pytest.mark.parametrize("name", ["株式会社むすび" * 30, "Musubi & Sons, " * 15, "ร้านมูซูบิ " * 20])
def test_a_long_name_is_cut(name: str) -> None:
    shown, ending = printed(qr_card(card(name))).letters.split("…")
    assert ending == ID
    assert letters(name).startswith(shown)
    assert 20 < len(shown) < 60


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Musubi क", "Musubi"),
        ("\N{MONGOLIAN LETTER A}", ""),
        ("", ""),
        ("a\x00b\u202ec\n d", "abc d"),
        ("むすび　商店", "むすび 商店"),
        ("か\u3099っこう", "がっこう"),
        ("神\ufa19", "神\ufa19"),
        ("❤\ufe0f", "❤"),
        ("{nb} **of** [a](b)", "{nb} **of** [a](b)"),
        ("<b>&amp;</b>\\", "<b>&amp;</b>\\"),
    ],
)
def test_what_no_font_has_is_left_out_and_the_rest_stays(name: str, shown: str) -> None:
    assert lettering(name, "").text == shown
    assert printed(qr_card(card(name))).letters == letters(shown) + ID


def test_a_card_without_any_words_is_a_card() -> None:
    page = printed(qr_card(card("", line="")))
    assert not page.letters
    assert scanned(page.picture) == [ADDRESS]


@pytest.mark.parametrize(
    ("name", "whole"), [("むすび 🌸️ ร้าน", True), ("", True), ("क", False), ("a\ue000", False)]
)
def test_it_is_known_beforehand_whether_letters_are_missing(name: str, whole: bool) -> None:
    assert can_be_written(name) == whole


def test_what_draws_is_loaded_when_something_is_drawn() -> None:
    seen = (
        "import sys, plugin.api, plugin.web; print({'PIL', 'fpdf', 'uharfbuzz'} & {*sys.modules})"
    )
    ended = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
