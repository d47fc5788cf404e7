"""Measures the code as the house measures it: lines of functions, of files, of comments."""

import ast
import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from tests.house.project import read, sources

# Orders to a tool, not words to a reader.
PRAGMAS = ("# noqa", "# type:", "# pragma:", "# fmt:", "#!")


@dataclass(frozen=True)
class Proportion:
    """Lines by function and by file, all counted; `written` are those that are not blank."""

    functions: dict[str, int]
    files: dict[str, int]
    written: int
    comments: int
    docstrings: int

    @property
    def function_median(self) -> float:
        return median(self.functions.values())

    @property
    def function_ninth_tenth(self) -> int:
        """The length that 90 % of the functions do not exceed."""
        lengths = sorted(self.functions.values())
        return lengths[-(-len(lengths) * 9 // 10) - 1]

    @property
    def file_median(self) -> float:
        return median(self.files.values())

    @property
    def comments_per_hundred(self) -> float:
        return 100 * self.comments / self.written

    @property
    def docstrings_per_hundred(self) -> float:
        return 100 * self.docstrings / self.written

    def __str__(self) -> str:
        longest = max(self.functions, key=lambda name: self.functions[name])
        largest = max(self.files, key=lambda name: self.files[name])
        return (
            f"{len(self.functions)} functions: median {self.function_median:g} lines,"
            f" 90 % <= {self.function_ninth_tenth}, longest {self.functions[longest]} ({longest});"
            f" {len(self.files)} files: median {self.file_median:g} lines,"
            f" largest {self.files[largest]} ({largest});"
            f" {self.comments_per_hundred:.1f} comment lines and"
            f" {self.docstrings_per_hundred:.1f} docstring lines per 100"
        )


def measure() -> Proportion:
    """The proportion of everything Musubi runs on; empty files do not count."""
    texts = {path: text for path in sources() if (text := read(path)).strip()}
    return Proportion(
        functions={name: n for path, text in texts.items() for name, n in functions(path, text)},
        files={path: len(text.splitlines()) for path, text in texts.items()},
        written=sum(bool(line.strip()) for text in texts.values() for line in text.splitlines()),
        comments=sum(comment_lines(text) for text in texts.values()),
        docstrings=sum(docstring_lines(text) for text in texts.values()),
    )


def functions(path: str, text: str) -> Iterable[tuple[str, int]]:
    """Every function, also one inside another, with its lines from `def` to its end."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{path}:{node.lineno} {node.name}", lines


def comment_lines(text: str) -> int:
    """Lines that carry a comment, alone or behind code."""
    return sum(
        token.type == tokenize.COMMENT and not token.string.startswith(PRAGMAS)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    )


def docstring_lines(text: str) -> int:
    """Lines of the docstrings of a module, its classes and its functions."""
    lines = 0
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and ast.get_docstring(node, clean=False) is not None:
                lines += (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def repeated_runs(texts: dict[str, str], length: int = 6) -> list[tuple[str, str]]:
    """Pairs of places that share `length` lines of code to the letter.

    Blank lines, comments, imports and lone punctuation do not count. A method that repeats the
    signature of its protocol is not a repetition, so lines inside `def ...:` do not count either.
    """
    seen: dict[tuple[str, ...], str] = {}
    pairs = []
    for path, text in texts.items():
        lines = list(code_lines(text))
        for start in range(len(lines) - length + 1):
            run = tuple(line for _, line in lines[start : start + length])
            place = f"{path}:{lines[start][0]}"
            if run in seen:
                pairs.append((seen[run], place))
            else:
                seen[run] = place
    return pairs


def code_lines(text: str) -> Iterable[tuple[int, str]]:
    """The lines that say something, by number."""
    passed: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            passed |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.FunctionDef):
            passed |= set(range(node.lineno, node.body[0].lineno))
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.strip()
        if number not in passed and any(map(str.isalnum, words)) and not words.startswith("#"):
            yield number, words
