"""LINE's own emojis in texts, which a marketer sees as `(line:5ac1bfd5040ab15980c9b435/001)`.

LINE takes them as a `$` in the text and a list of UTF-16 positions (reference, "Text message"); a
`$` without a position is the currency.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from plugin.core.messages.part import InvalidMessage, utf16_length
from plugin.core.messages.tokens import split

WRITTEN = re.compile(r"\(line:([0-9a-zA-Z]{1,40})/([0-9]{1,10})\)")


class EmojiSet(NamedTuple):
    """`name`: a key for the page's words; `last`: its ids are 001 to this number."""

    name: str
    product: str
    last: int


# Of the sets that LINE lets accounts send ("List of available LINE emojis").
SETS = (
    EmojiSet("symbols", "5ac21a18040ab15980c9b43e", 239),
    EmojiSet("hands", "5ac21e6c040ab15980c9b444", 222),
    EmojiSet("letters", "5ac21a8c040ab15980c9b43f", 149),
    EmojiSet("faces", "5ac1bfd5040ab15980c9b435", 250),
)


def is_in_a_set(product: str, emoji: str) -> bool:
    """Whether these ids are of an emoji that the pickers offer."""
    last = next((row.last for row in SETS if row.product == product), 0)
    is_number = emoji.isascii() and emoji.isdecimal() and len(emoji) == 3
    return is_number and 0 < int(emoji) <= last


class Piece(NamedTuple):
    """Text, or an emoji whose ids are not ""."""

    text: str
    product: str = ""
    emoji: str = ""


def written_with(text: str) -> dict[str, Any]:
    """Return `text`, and `emojis` where it has some. Raise `InvalidMessage` for one in a token."""
    if "(line:" not in text:
        return {"text": text}
    plain, emojis = "", []
    for part in split(text, loosely=False):
        if not isinstance(part, str):
            if WRITTEN.search(part.whole):
                raise InvalidMessage(
                    "A LINE emoji cannot stand inside %(written)s.", written=part.written
                ).at("text")
            plain += part.whole
            continue
        for piece in _pieces(part):
            if piece.product:
                ids = {"productId": piece.product, "emojiId": piece.emoji}
                emojis.append({"index": utf16_length(plain), **ids})
            plain += piece.text
    return {"text": plain, "emojis": emojis} if emojis else {"text": plain}


def as_written(message: Mapping[str, Any]) -> str:
    """Return the text with its emojis as people write them."""
    return "".join(
        f"(line:{piece.product}/{piece.emoji})" if piece.product else piece.text
        for piece in pieces_of(message)
    )


def pieces_of(message: Mapping[str, Any]) -> list[Piece]:
    """Split a message's text at its emojis. Positions that point at no `$` are left out."""
    text, emojis = message.get("text"), message.get("emojis")
    if not isinstance(text, str):
        return []
    units = text.encode("utf-16-le", "surrogatepass")
    pieces, at = [], 0
    for index, emoji in sorted(_positions(emojis), key=lambda pair: pair[0]):
        if 2 * index < at or units[2 * index : 2 * index + 2] != b"$\0":
            continue
        pieces.append(Piece(_decoded(units[at : 2 * index])))
        pieces.append(Piece("$", str(emoji.get("productId")), str(emoji.get("emojiId"))))
        at = 2 * index + 2
    return [piece for piece in [*pieces, Piece(_decoded(units[at:]))] if piece.text]


def _pieces(text: str) -> Iterable[Piece]:
    at = 0
    for match in WRITTEN.finditer(text):
        yield Piece(text[at : match.start()])
        yield Piece("$", match[1], match[2])
        at = match.end()
    yield Piece(text[at:])


def _positions(emojis: Any) -> list[tuple[int, Mapping[str, Any]]]:
    rows = emojis if isinstance(emojis, list) else []
    return [
        (row["index"], row)
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("index"), int) and row["index"] >= 0
    ]


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "surrogatepass")
