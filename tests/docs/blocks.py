"""The fenced blocks of a document, as a test reads them."""

import re
from typing import NamedTuple

from tests.house.project import read

BLOCK = re.compile(
    r"(?:<!-- (?P<mark>not run|runs on): (?P<why>[^>]+) -->\n)?"
    r"(?P<indent> *)```(?P<kind>\w+)\n(?P<text>.*?)\n(?P=indent)```",
    re.DOTALL,
)


class Block(NamedTuple):
    """`mark`: "" for what is run to its end, "runs on", or "not run" with its reason."""

    kind: str
    text: str
    mark: str
    why: str


def blocks(path: str, kind: str = "") -> list[Block]:
    """Those of a kind, or all, in their order."""
    found = []
    for match in BLOCK.finditer(read(path)):
        lines = match["text"].split("\n")
        text = "\n".join(line.removeprefix(match["indent"]) for line in lines)
        found.append(Block(match["kind"], text, match["mark"] or "", match["why"] or ""))
    return [block for block in found if kind in ("", block.kind)]
