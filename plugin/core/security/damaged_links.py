"""Recover the token of a personal link that mail programs damaged, or a trace of it.

They escape an address again, write `&` as `&amp;` and `=` as `=3D`, wrap it, append a full stop or
their own parameters, write names in upper case, and cut it.
"""

import html
import re
from urllib.parse import unquote

from plugin.core.security.tokens import SHORTEST_PIECE, TOKEN_LENGTH

# Each program on the way may have escaped the address once.
ROUNDS = 3
MOST_CANDIDATES = 400
LONGEST = 4000
# Quoted-printable ends a line with "=", and copied text carries invisible characters.
SOFT_BREAK = re.compile(r"=\s*[\r\n]+|[\s+\u00ad\u200b-\u200d\u2060\ufeff]+")
RUN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH},}}")
TOKEN_PARAMETER = re.compile(
    r"(?:^|[?&;/#\s])t(?:=(?:3d)?(?P<value>[^&;#\s]*)|(?=[&;#\s]|$))", re.IGNORECASE
)
# A parameter that lost its name. Mixed case, since a campaign's name has letters of one case.
MIXED = r"(?=[^&;#]*[A-Z])(?=[^&;#]*[a-z])"
NAMELESS = re.compile(rf"[?&;/#]{MIXED}(?P<value>[A-Za-z0-9_-]{{{SHORTEST_PIECE},}})(?=[&;#]|$)")


def candidates(address: str) -> list[str]:
    """Return every piece that could be a whole token, the likeliest first."""
    texts = _rounds(address)
    joined = SOFT_BREAK.sub("", texts[-1])
    pieces = (
        run[start : start + TOKEN_LENGTH]
        for text in (*texts, joined, joined.replace("=", ""))
        for run in RUN.findall(text)
        for start in range(len(run) - TOKEN_LENGTH + 1)
    )
    return list(dict.fromkeys(pieces))[:MOST_CANDIDATES]


def personal_part(address: str) -> str | None:
    """Return the text in the token's place, cut or empty, of an address behind its slug."""
    text = _rounds(address)[-1]
    match = TOKEN_PARAMETER.search(text) or NAMELESS.search(text)
    return None if match is None else (match["value"] or "")


def letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "", _rounds(text)[-1])


def _rounds(address: str) -> list[str]:
    texts = [address[:LONGEST]]
    for _ in range(ROUNDS):
        texts.append(html.unescape(unquote(texts[-1])))
    return texts
