"""Personalisation: `{{ contact.firstname }}`, or `{{ contact.firstname | default('there') }}`.

Nothing else is evaluated. Tokens are replaced inside the parsed message, so that no value can
change its structure.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from plugin.core.message_part import InvalidMessage

Message = dict[str, Any]
BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
INSIDE = re.compile(
    r"""\s*contact\.(?P<name>[A-Za-z0-9_]{1,100})\s*
    (?:\|\s*default\(\s*(?P<default>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*\)\s*)?""",
    re.VERBOSE | re.DOTALL,
)
# Values inside an address are percent-encoded; one that begins it may be a whole address.
ADDRESSES = ("uri", "url", "Uri", "Url")
WHOLE_ADDRESS = ":/?#[]@!$&'()*+,;=%-._~"


class Token(NamedTuple):
    """`name`: the HubSpot property; `default` None: an empty value makes the message invalid."""

    name: str
    default: str | None
    written: str


def tokens_of(messages: Sequence[Message]) -> list[Token]:
    """Every token in the texts. Raises `InvalidMessage` for braces that hold anything else."""
    found: list[Token] = []

    def note(token: Token) -> str:
        found.append(token)
        return ""

    _replaced(list(messages), "", note)
    return found


def property_names(messages: Sequence[Message]) -> list[str]:
    """The contact properties the messages need, each once, in order."""
    return list(dict.fromkeys(token.name for token in tokens_of(messages)))


def fill(messages: Sequence[Message], values: Mapping[str, str | None]) -> list[Message]:
    """The messages with every token replaced. Raises `InvalidMessage` naming what is missing.

    The length of what comes out is not judged here.
    """

    def value(token: Token) -> str:
        known = (values.get(token.name) or "").strip()
        if known:
            return known
        if token.default is None:
            raise InvalidMessage(
                "The contact has no %(property)s, and %(written)s has no default.",
                property=token.name,
                written=token.written,
            )
        return token.default

    filled: list[Message] = _replaced(list(messages), "", value)
    return filled


def sample(messages: Sequence[Message]) -> list[Message]:
    """The messages as an example: the default where there is one, else the property's name."""
    example: list[Message] = _replaced(
        list(messages), "", lambda token: token.name if token.default is None else token.default
    )
    return example


def _replaced(value: Any, key: str, replace: Callable[[Token], str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(inner, name, replace) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, key, replace) for inner in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    address = key.endswith(ADDRESSES)

    def put(match: re.Match[str]) -> str:
        text = replace(_token(match))
        return _quoted(text, whole=match.start() == 0) if address else text

    filled = BRACES.sub(put, value)
    if "{{" in BRACES.sub("", value):
        raise InvalidMessage("A personalization token is not closed: {{ has no }}.")
    return filled


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
    return Token(inside["name"], default, written)


def _quoted(text: str, whole: bool) -> str:
    return quote(text, safe=WHOLE_ADDRESS if whole else "")
