"""Letters to print: which font has them, and small fonts of just those that a text needs.

The fonts are Noto's, for what people write in Japan, Taiwan, Thailand and the West; HarfBuzz cuts
them. The Chinese characters of one code are drawn a little differently from place to place.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from wcwidth import iter_graphemes

if TYPE_CHECKING:
    from uharfbuzz import Face, Set

FONTS, FONTS_CJK = "manimgx_fonts", "manimgx_fonts_cjk"
# Semi-bold: Noto's variable fonts go from 100 to 900.
WEIGHT = 600.0
# Which of the fonts of one file draws Chinese characters as they are drawn there.
JAPAN = 0
PLACES = {"Asia/Seoul": 1, "Asia/Shanghai": 2, "Asia/Taipei": 3, "Asia/Hong_Kong": 4}
VARIANTS = range(0xFE00, 0xFE10)


class Font(NamedTuple):
    """A file of a package; `number` counts the fonts of a file that has several."""

    package: str
    file: str
    number: int = 0


class Lettering(NamedTuple):
    """What can be written of a text, and the letters that each font gives to it."""

    text: str
    letters: dict[Font, set[str]]


def lettering(text: str, time_zone: str) -> Lettering:
    """Sort a text's letters into fonts; those that no font has are left out.

    `time_zone`: the IANA name, for where the text is read.
    """
    fonts, kept = _fonts(text, time_zone), []
    letters: dict[Font, set[str]] = {}
    for cluster in _clusters(text):
        font = next((each for each in fonts if _has(each, cluster)), None)
        if font is not None:
            kept.append(cluster)
            letters.setdefault(font, set()).update(cluster)
    return Lettering(" ".join("".join(kept).split()), letters)


def can_be_written(text: str) -> bool:
    """Whether the fonts have all the letters."""
    fonts = _fonts(text, "")
    return all(any(_has(each, cluster) for each in fonts) for cluster in _clusters(text))


def cut(font: Font, letters: set[str]) -> bytes:
    """A font file, of one weight and with these letters only."""
    import uharfbuzz

    wanted = uharfbuzz.SubsetInput()
    # The blank always: fpdf2 gives its code to some letter of a font that has none.
    wanted.unicode_set.update(map(ord, {*letters, " "}))
    # PDF knows nothing of CFF2, in which the variable fonts for Chinese characters are drawn.
    wanted.flags = uharfbuzz.SubsetFlags.DOWNGRADE_CFF2
    wanted.pin_axis_location(_face(font), "wght", WEIGHT)
    return bytes(uharfbuzz.subset(_face(font), wanted).blob.data)


def _fonts(text: str, time_zone: str) -> list[Font]:
    """In the order in which they are asked."""
    kana = any(unicodedata.name(letter, "").startswith(("HIRAGANA", "KATAKANA")) for letter in text)
    place = JAPAN if kana else PLACES.get(time_zone, JAPAN)
    return [
        Font(FONTS, "NotoSans[wght].ttf"),
        Font(FONTS, "NotoSansThai[wght].ttf"),
        Font(FONTS_CJK, "NotoSansCJK-VF.otf.ttc", place),
        Font(FONTS, "NotoSansSymbols[wght].ttf"),
        Font(FONTS, "NotoEmoji[wght].ttf"),
    ]


def _clusters(text: str) -> Iterator[str]:
    """What a reader calls letters, a mark and its base made one code where there is one.

    Blanks of every kind are one; what shows nothing is left out.
    """
    for cluster in iter_graphemes(" ".join(text.split())):
        seen = "".join(each for each in cluster if _shows(each))
        # A single one stays as it is: to Unicode some Japanese names' characters are "the same".
        if seen:
            yield seen if len(seen) == 1 else unicodedata.normalize("NFC", seen)


def _shows(letter: str) -> bool:
    """Neither a control character (Unicode's Cc, Cf) nor a wish for another look."""
    return unicodedata.category(letter) not in {"Cc", "Cf"} and ord(letter) not in VARIANTS


def _has(font: Font, cluster: str) -> bool:
    return all(ord(each) in _codes(font) for each in cluster)


@lru_cache
def _codes(font: Font) -> "Set":
    return _face(font).unicodes


@lru_cache
def _face(font: Font) -> "Face":
    """The file is mapped, not read: of 33 MB a card needs some KB."""
    import uharfbuzz

    path = files(font.package) / font.file
    return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)), font.number)
