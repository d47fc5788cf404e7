"""Parse tokens in a text: `{{ contact.name }}` or with `| default('...')`."""

import re
from typing import NamedTuple

from plugin.core.messages.part import InvalidMessage

BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
INSIDE = re.compile(
    r"""\s*contact\.(?P<name>[A-Za-z0-9_]{1,100})\s*
    (?:\|\s*default\(\s*(?P<default>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*\)\s*)?""",
    re.VERBOSE | re.DOTALL,
)
# What was meant as a token, right or wrong; other braces of a textV2 message are just braces.
MEANT = re.compile(r"\s*(?:contact\s*\.|personalization_token\b)")
# HubSpot's own text where it had no value.
MISSING = re.compile(r"\[\[\s*MISSING[\s_]+TOKEN", re.IGNORECASE)


class Token(NamedTuple):
    """`name`: the HubSpot property; `default` None: an empty value makes the message invalid."""

    name: str
    default: str | None
    # For people, on one line and at most 80 characters.
    written: str
    # Exactly as in the text.
    whole: str


def split(text: str, *, loosely: bool) -> list[str | Token]:
    """Split a text at its tokens, into at least one part. Raise `InvalidMessage` for other braces.

    `loosely`: the text of a textV2 message, where LINE itself writes a brace as `{{` or `}}`.
    """
    parts: list[str | Token] = []
    plain, at = "", 0
    while (start := text.find("{{", at)) >= 0:
        if loosely and not MEANT.match(text, start + 2):
            plain, at = plain + text[at : start + 2], start + 2
            continue
        match = BRACES.match(text, start)
        if match is None:
            raise InvalidMessage("A personalization token is not closed: {{ has no }}.")
        parts += [plain + text[at:start], _token(match)]
        plain, at = "", match.end()
    parts.append(plain + text[at:])
    return [part for part in parts if part] or [""]


def is_unfilled(text: str, *, loosely: bool = False) -> bool:
    if MISSING.search(text):
        return True
    if not loosely:
        return "{{" in text
    return any(isinstance(part, Token) for part in split(text, loosely=True))


def _token(match: re.Match[str]) -> Token:
    inside = INSIDE.fullmatch(match[1])
    written = " ".join(match[0].split())[:80]
    if inside is None:
        raise InvalidMessage(
            "%(written)s is not a token. Write {{ contact.firstname }}, or with a default"
            " {{ contact.firstname | default('there') }}.",
            written=written,
        )
    default = inside["default"]
    if default is not None:
        default = re.sub(r"\\(.)", r"\1", default[1:-1], flags=re.DOTALL)
    return Token(inside["name"], default, written, match[0])
