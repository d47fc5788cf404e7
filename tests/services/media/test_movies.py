"""However the boxes of an MP4 film lie in each other, reading them costs little."""

import io
import os

import pytest

from plugin.services.media.movies import MOST_BOXES, blank_notes, check_movie
from plugin.services.media.refusals import MediaRefused
from tests.services.media.files import box, film

SMALL = box(b"free")
FEW_ENOUGH = MOST_BOXES - 10


class Counted(io.BytesIO):
    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize(
    "inside",
    [
        box(b"trak", SMALL * FEW_ENOUGH) * 20,
        box(b"trak", box(b"mdia", SMALL * FEW_ENOUGH) * 5) * 5,
        box(b"trak", SMALL * 100) * FEW_ENOUGH,
    ],
)
def test_all_levels_share_one_budget_of_boxes(inside: bytes) -> None:
    file = Counted(film() + box(b"moov", inside))
    with pytest.raises(MediaRefused, match="not complete"):
        check_movie(file)
    assert file.reads <= MOST_BOXES + 10


def test_only_the_first_picture_is_measured() -> None:
    large = film(1920, 1080)
    tracks = large[large.index(b"moov") - 4 :]
    file = Counted(film(0, 0) + film() + tracks * 300)
    assert check_movie(file) == (640, 360)
    boxes, measured, brand = 6 + 6 + 300 * 4, 2, 1
    assert file.reads == boxes + measured + brand


def test_a_film_in_many_fragments_is_read() -> None:
    whole = film() + (box(b"moof", bytes(20)) + box(b"mdat", bytes(20))) * 900
    assert check_movie(io.BytesIO(whole)) == (640, 360)


def test_notes_are_blanked_wherever_they_stand() -> None:
    note = box(b"udta", b"35.0116") + box(b"meta", b"35.0116") + box(b"uuid", b"35.0116" * 9)
    file = io.BytesIO(film() + box(b"moov", box(b"trak", note)) + note * 200)
    size = file.seek(0, os.SEEK_END)
    blank_notes(file)
    assert b"35.0116" not in file.getvalue()
    assert b"udta" not in file.getvalue()
    assert len(file.getvalue()) == size
