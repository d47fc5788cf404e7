"""Pictures as people send them, and what a phone and a printer make of ours."""

import io
from typing import NamedTuple

import pypdfium2
import zxingcpp
from PIL import Image

ORIENTATION = 0x0112


class Print(NamedTuple):
    """A PDF of one page: its letters, its fonts and whether they are in it, its looks.

    `points`: width and height, 72 an inch; `pictures`: how many are made of pixels.
    """

    letters: str
    fonts: dict[str, bool]
    picture: Image.Image
    points: tuple[int, int]
    pictures: int


def drawn(colour: str, width: int = 40, height: int = 20, mode: str = "RGB") -> Image.Image:
    """One colour all over."""
    return Image.new(mode, (width, height), colour)


def saved(picture: Image.Image, kind: str = "PNG", turned: int = 1, moving: bool = False) -> bytes:
    """The file. `turned`: how the camera was held (EXIF, 1 to 8); `moving`: in two pictures."""
    file, notes = io.BytesIO(), Image.Exif()
    notes[ORIENTATION] = turned
    more = [picture.transpose(Image.Transpose.ROTATE_180), drawn("blue", *picture.size)]
    several = {"save_all": True, "append_images": more} if moving else {}
    picture.save(file, kind, exif=notes, **several)
    return file.getvalue()


def opened(file: bytes) -> Image.Image:
    """What is in a file."""
    return Image.open(io.BytesIO(file))


def middle_of(file: bytes) -> object:
    """The colour of the pixel in the middle."""
    picture = opened(file)
    return picture.getpixel((picture.width // 2, picture.height // 2))


def scanned(picture: Image.Image) -> list[str]:
    """What the QR codes of a picture say."""
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def printed(file: bytes) -> Print:
    """What is on the one page of a PDF, at 150 dots an inch."""
    with pypdfium2.PdfDocument(file) as document:
        (page,) = document
        found = list(page.get_objects(textpage=page.get_textpage()))
        words = [each for each in found if isinstance(each, pypdfium2.PdfTextObj)]
        return Print(
            letters=letters("".join(each.extract() for each in words)),
            fonts={each.get_font().get_base_name(): each.get_font().is_embedded for each in words},
            picture=page.render(scale=150 / 72).to_pil(),
            points=(round(page.get_width()), round(page.get_height())),
            pictures=sum(isinstance(each, pypdfium2.PdfImage) for each in found),
        )


def letters(text: str) -> str:
    """What is left without blanks, which a reader of PDF sees wherever letters stand apart."""
    return "".join(text.split())
