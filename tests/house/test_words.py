"""What no file of the project says: where one machine keeps things, or that work is unfinished."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable

import pytest

from tests.house.project import files, read, sources

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


# Words of a private vocabulary that the field's own terms have replaced (docs/architecture.md).
REPLACED = re.compile(
    r"\b(tie|ties|untie|wish|wishes|owe|owes|owed|plant|plants|errand|desk|nobody's|heir|heirs)\b",
    re.IGNORECASE,
)


def prose(text: str) -> Iterable[tuple[int, str]]:
    """Names, comments and docstrings by line; what is quoted in them is a stored value."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", token.string)
        elif token.type == tokenize.COMMENT:
            yield token.start[0], re.sub(r'"[^"]*"', "", token.string)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = ast.get_docstring(node)
            if words:
                yield getattr(node, "lineno", 1), re.sub(r'"[^"]*"|`[^`]*`', "", words)


def test_the_code_speaks_the_fields_own_words() -> None:
    found = [
        f"{path}:{line} {words.strip()[:80]}"
        for path in sources()
        for line, words in prose(read(path))
        if REPLACED.search(words)
    ]
    assert not found


def test_a_replaced_word_is_seen_in_names_comments_and_docstrings() -> None:
    text = 'def owe_mirror():\n    """Tie two rows."""\n    return "owed"  # a wish, not "owed"\n'
    assert [line for line, words in prose(text) if REPLACED.search(words)] == [1, 3, 1]
