"""The guides: Markdown files of `docs/` as HTML, in the reader's language."""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(__file__).resolve().parents[3] / "docs"
PICTURES = FOLDER / "pictures"
# Written for each kind of reader, in every language of the guides.
READERS = ("marketer", "administrator", "developer")
LANGUAGES = ("en", "ja")
# What the guides lead on to. Whoever has no translation is read in English.
DOCUMENTS = ("going-live", "many-machines", "segments", "api", "webhooks", "agents")
ANCHOR = re.compile(r'^<a id="([a-z][a-z0-9-]*)"></a>$')
COMMENT = re.compile(r"^<!-- .* -->$")
PICTURE = re.compile(r"(?:\.\./)*pictures/([a-z0-9-]+\.(?:en|ja)\.(desktop|phone)\.png)")
# Of the pictures, in pixels, so that a page keeps their place before they are there.
SIZES = {"desktop": (1280, 800), "phone": (390, 780)}
OTHER = re.compile(r"(?:\.{1,2}/)*(?:docs/)?(?:guide/(?:en|ja)/)?([a-z-]+)(?:\.ja)?\.md(#[^#]+)?")


class Guide(NamedTuple):
    """`language` is that of the text; `html` is safe, since raw HTML stays text."""

    title: str
    language: str
    html: str
    anchors: frozenset[str]


def find_guide(name: str, language: str) -> Guide | None:
    """Return the guide in the language, or in English where it is not written in it."""
    path, spoken = _file(name, "ja" if language == "ja" else "en")
    if path is None:
        return None
    return _read(path, spoken, path.stat().st_mtime_ns)


def _file(name: str, language: str) -> tuple[Path | None, str]:
    if name in READERS:
        return FOLDER / "guide" / language / f"{name}.md", language
    if name not in DOCUMENTS:
        return None, ""
    translated, english = FOLDER / f"{name}.ja.md", FOLDER / f"{name}.md"
    if language == "ja" and translated.is_file():
        return translated, "ja"
    return (english, "en") if english.is_file() else (None, "")


@lru_cache(maxsize=32)
def _read(path: Path, language: str, _changed_ns: int) -> Guide:
    return render(path.read_text(encoding="utf-8"), language)


def render(text: str, language: str) -> Guide:
    """Render Markdown. A line `<a id="name"></a>` names the heading after it, so that a section
    has the same address in all languages; comments are left out."""
    lines, names = _without_marks(text.splitlines())
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse("\n".join(lines))
    title, anchors = "", set()
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            words = plain(tokens[place + 1])
            anchor = names.get((token.map or [0])[0]) or slug(words)
            token.attrSet("id", anchor)
            anchors.add(anchor)
            title = title or words
        _lead_inside(token.children or [])
        if language == "ja":
            _join_lines(token.children or [])
    html = parser.renderer.render(_without_title(tokens), parser.options, {})
    return Guide(title, language, html, frozenset(anchors))


def _without_marks(lines: list[str]) -> tuple[list[str], dict[int, str]]:
    """Blank the lines that name a heading, and comments; return the names by the heading's line."""
    kept, names, waiting = [], {}, ""
    for number, line in enumerate(lines):
        if found := ANCHOR.match(line):
            waiting = found[1]
        elif waiting and line.startswith("#"):
            names[number], waiting = waiting, ""
        kept.append("" if found or COMMENT.match(line) else line)
    return kept, names


def _without_title(tokens: list[Token]) -> list[Token]:
    # The page's own heading says it.
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return tokens[3:]
    return tokens


def _lead_inside(tokens: list[Token]) -> None:
    """Let pictures and links between the documents lead to their pages here. What cannot be read
    here, such as the README, is no link."""
    is_link = True
    for token in tokens:
        if token.type == "image" and (found := PICTURE.fullmatch(str(token.attrGet("src")))):
            token.attrSet("src", f"/help/pictures/{found[1]}")
            token.attrSet("loading", "lazy")
            token.attrSet("width", str(SIZES[found[2]][0]))
            token.attrSet("height", str(SIZES[found[2]][1]))
        elif token.type == "link_open":
            is_link = _lead(token)
        if token.type.startswith("link_") and not is_link:
            token.tag, token.attrs = "span", {}


def _lead(link: Token) -> bool:
    """Let a link lead to where it can be read; return whether there is such a place."""
    address = str(link.attrGet("href"))
    found = OTHER.fullmatch(address)
    if found and found[1] in (*READERS, *DOCUMENTS):
        link.attrSet("href", f"/help/{found[1]}{found[2] or ''}")
    elif address.startswith("https://"):
        link.attrSet("rel", "noopener")
        link.attrSet("target", "_blank")
    else:
        return address.startswith("#")
    return True


def _join_lines(tokens: list[Token]) -> None:
    # Japanese has no blanks between words, so none where a line of the file ends.
    for token in tokens:
        if token.type == "softbreak":
            token.type, token.content = "text", ""


def plain(inline: Token) -> str:
    """Return the words of a heading without their marks."""
    return "".join(child.content for child in inline.children or ())


def slug(words: str) -> str:
    """Return a heading's anchor as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
