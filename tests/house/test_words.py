"""What no file of the project says: where one machine keeps things, or that work is unfinished."""

import re

import pytest

from tests.house.project import files, read

# This file has to name what it looks for.
SPOKEN = [path for path in files() if path != "tests/house/test_words.py"]
BINARY = (".mo", ".png", ".ico", ".jpg", ".woff2", ".pdf")

FORBIDDEN = {
    "a package registry's host": r"pypi\.org|pythonhosted|npmjs|registry\.yarnpkg|rubygems\.org"
    r"|proxy\.golang|crates\.io|deb\.debian\.org|unpkg\.com|jsdelivr",
    "a path of somebody's machine": r"(?<![\w.}>-])/(home|root|work|Users|tmp/bash_jobs)/\w",
    "unfinished work": r"\b(TODO|FIXME|XXX|HACK)\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path}:{number} {line.strip()[:80]}"
        for path in SPOKEN
        if not path.endswith(BINARY)
        for number, line in enumerate(read(path).splitlines(), start=1)
        if pattern.search(line)
    ]
    assert not found
