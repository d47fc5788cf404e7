"""The documents name files that are there."""

import re

import pytest

from tests.house.project import ROOT, files, read

DOCUMENTS = [path for path in files() if path.endswith(".md")]
PATHS = re.compile(r"`((?:plugin|tests|docs)/[\w./-]+\w)`")
LINKS = re.compile(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    text = read(document)
    folder = (ROOT / document).parent
    missing = [path for path in PATHS.findall(text) if not (ROOT / path).exists()]
    missing += [link for link in LINKS.findall(text) if not (folder / link).exists()]
    assert not missing
