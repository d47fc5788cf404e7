"""The pictures of the documents: all are there, all are used, and they are small."""

import re
from pathlib import PurePath

from PIL import Image

from plugin.web.guides.reading import SIZES
from tests.house.project import ROOT, files, read
from tests.screenshots.shots import file_names

NAMED = re.compile(r"pictures/([\w.-]+\.png)")
FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 3_000_000
DOCUMENTS = [path for path in files() if path.endswith(".md")]


def kept() -> set[str]:
    return {PurePath(path).name for path in files() if path.startswith("docs/pictures/")}


def test_every_picture_that_a_document_names_is_there_and_every_picture_is_named() -> None:
    named = {name for path in DOCUMENTS for name in NAMED.findall(read(path))}
    assert named == kept()


def test_the_command_makes_these_pictures_and_no_others() -> None:
    assert kept() == set(file_names()), "make screenshots"


def test_a_guide_shows_pictures_of_its_own_language() -> None:
    for path in DOCUMENTS:
        language = "ja" if "/ja/" in path or path.endswith(".ja.md") else "en"
        wrong = [name for name in NAMED.findall(read(path)) if f".{language}." not in name]
        assert not wrong, path


def test_pictures_are_as_wide_as_a_screen_and_small() -> None:
    for name in kept():
        with Image.open(FOLDER / name) as picture:
            assert picture.size == SIZES[name.split(".")[2]], name
    assert sum((FOLDER / name).stat().st_size for name in kept()) < MOST_BYTES
