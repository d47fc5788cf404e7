"""A card of the size A6 as PDF: a name, a QR code in lines that print sharp, a line below."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from wcwidth import iter_graphemes

from plugin.core.colours import rgb
from plugin.services.card_letters import Lettering, cut, lettering

if TYPE_CHECKING:
    from fpdf import FPDF
    from PIL.Image import Image

# Millimetres from the top left corner; letters in points.
WIDTH, HEIGHT, EDGE = 105.0, 148.0, 9.0
CODE_SIDE, CODE_TOP = 84.0, 34.0
NAME_MIDDLE, NAME_SIZE = 26.0, 24.0
LINE_MIDDLE, LINE_SIZE = 125.0, 13.0
LEAST_SIZE = 11.0
ELLIPSIS = "…"
# The same card is the same file, whenever it is made.
MADE = datetime(2000, 1, 1, tzinfo=UTC)
# Left, top, width, height.
Box = tuple[float, float, float, float]


class Logo(NamedTuple):
    """An RGB picture, and the parts of the code's side that it and its ground take."""

    picture: "Image"
    share: float
    ground: float


class Card(NamedTuple):
    """What stands on the card; `matrix` has its quiet zone, 1 is dark."""

    name: str
    line: str
    time_zone: str
    matrix: Sequence[Sequence[int]]
    dark: str
    light: str
    logo: Logo | None = None


def qr_card(card: Card) -> bytes:
    """The file, with its fonts in it. Letters that no font has are left out."""
    name, line = (lettering(each, card.time_zone).text for each in (card.name, card.line))
    pdf = _blank(name)
    _fill(pdf, card.light, [(0, 0, WIDTH, HEIGHT)])
    _code(pdf, card)
    # fpdf2 takes fonts from files only, and goes on reading them until it has written.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        _take_fonts(pdf, lettering(name + line + ELLIPSIS, card.time_zone), Path(folder))
        pdf.set_text_color(*rgb(card.dark))
        _write(pdf, name, NAME_SIZE, NAME_MIDDLE)
        _write(pdf, line, LINE_SIZE, LINE_MIDDLE)
        return bytes(pdf.output())


def _blank(title: str) -> "FPDF":
    from fpdf import FPDF

    pdf = FPDF(format=(WIDTH, HEIGHT))
    pdf.set_creation_date(MADE)
    pdf.set_title(title)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    # Otherwise "{nb}" in a name would become the number of pages.
    pdf.alias_nb_pages("")
    pdf.add_page()
    return pdf


def _fill(pdf: "FPDF", colour: str, boxes: Iterable[Box]) -> None:
    """All in one stroke, so that no hairs of ground show between neighbours."""
    red, green, blue = rgb(colour)
    with pdf.new_path() as path:
        path.style.fill_color = f"#{red:02x}{green:02x}{blue:02x}"
        path.style.stroke_color = None
        for left, top, width, height in boxes:
            path.rectangle(left, top, width, height)


def _code(pdf: "FPDF", card: Card) -> None:
    side, left = CODE_SIDE / len(card.matrix), (WIDTH - CODE_SIDE) / 2
    _fill(
        pdf,
        card.dark,
        (
            (left + x * side, CODE_TOP + y * side, width * side, height * side)
            for x, y, width, height in boxes(card.matrix)
        ),
    )
    if card.logo is not None:
        _fill(pdf, card.light, [_middle(CODE_SIDE * card.logo.ground)])
        x, y, width, height = _middle(CODE_SIDE * card.logo.share)
        pdf.image(card.logo.picture, x, y, width, height, keep_aspect_ratio=True)


def boxes(matrix: Sequence[Sequence[int]]) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, width and height of what is dark: runs, and runs below that are just as long."""
    begun: dict[tuple[int, int], int] = {}
    for y, row in enumerate([*matrix, ()]):
        runs = set(_runs(row))
        for left, width in sorted(begun.keys() - runs):
            top = begun.pop((left, width))
            yield left, top, width, y - top
        begun |= dict.fromkeys(runs - begun.keys(), y)


def _runs(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where each run of dark modules begins, and how many there are."""
    at = 0
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            yield at, length
        at += length


def _middle(side: float) -> Box:
    """A square in the middle of the code."""
    middle = CODE_TOP + CODE_SIDE / 2
    return (WIDTH - side) / 2, middle - side / 2, side, side


def _take_fonts(pdf: "FPDF", wanted: Lettering, folder: Path) -> None:
    """Give the document its fonts: one for what it has the letters of, the next for the rest."""
    names = []
    for number, (font, letters) in enumerate(wanted.letters.items()):
        path = folder / f"{number}{Path(font.file).suffix}"
        path.write_bytes(cut(font, letters))
        pdf.add_font(path.stem, "", path)
        names.append(path.stem)
    pdf.set_font(names[0])
    pdf.set_fallback_fonts(names[1:])
    # Puts the marks of Thai where they belong.
    pdf.set_text_shaping(True)


def _write(pdf: "FPDF", text: str, size: float, middle: float) -> None:
    """One line in the middle: smaller where it is long, cut where that is not enough."""
    pdf.set_font_size(size)
    room, wide = WIDTH - 2 * EDGE, pdf.get_string_width(text)
    if wide > room:
        pdf.set_font_size(max(LEAST_SIZE, size * room / wide))
    pdf.set_xy(0, middle)
    pdf.cell(WIDTH, 0, _shortened(pdf, text, room), align="C")


def _shortened(pdf: "FPDF", text: str, room: float) -> str:
    clusters = list(iter_graphemes(text))
    shown = text
    while pdf.get_string_width(shown) > room:
        clusters.pop()
        shown = "".join(clusters).rstrip() + ELLIPSIS
    return shown
