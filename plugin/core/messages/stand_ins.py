"""Messages for a preview: what stands in the place of a token without a value is marked."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from plugin.core.messages.personalise import PropertyValues, example_of, replace_tokens
from plugin.core.messages.places import Place
from plugin.core.messages.tokens import Token

# Nobody is chosen; the contact has no value, and the default is used; or there is none.
EXAMPLE, DEFAULT, MISSING = "example", "default", "missing"
# Noncharacters of Unicode: no keyboard writes them, and whoever pastes them changes only the look.
OPEN, BETWEEN, SHUT = "\ufdd0", "\ufdd1", "\ufdd2"
_INSIDE = f"[^{OPEN}{BETWEEN}{SHUT}]*"
MARKED = re.compile(
    f"{OPEN}({EXAMPLE}|{DEFAULT}|{MISSING}){BETWEEN}({_INSIDE}){BETWEEN}({_INSIDE}){SHUT}"
)
Message = dict[str, Any]


class StandIn(NamedTuple):
    """`name`: the property; `text`: what is shown for it."""

    kind: str
    name: str
    text: str
    has_default: bool = True


def with_stand_ins(
    message: Message, values: PropertyValues | None = None
) -> tuple[Message, list[StandIn]]:
    """Fill a message with a contact's values, and with marked stand-ins where there is none; None:
    nobody is chosen. Raise `InvalidMessage` where the tokens cannot be read."""
    found: dict[StandIn, None] = {}

    def replace(token: Token, place: Place) -> str:
        known = values.at(token.name, place) if values is not None else ""
        if known:
            return known
        stand_in = _stand_in(token, place, is_chosen=values is not None)
        found[stand_in._replace(text=token.default or "")] = None
        return _marked(stand_in) if place in ("text", "braced") else stand_in.text

    (filled,) = replace_tokens([message], replace)
    return filled, list(found)


def pieces(text: str) -> Iterator[str | StandIn]:
    """Split a text at its stand-ins."""
    at = 0
    for match in MARKED.finditer(text):
        yield text[at : match.start()]
        yield StandIn(match[1], match[2], match[3])
        at = match.end()
    yield text[at:]


def unmarked(value: Any) -> Any:
    """Return a message, or a part of it, with plain texts in the places of the stand-ins."""
    if isinstance(value, dict):
        return {name: unmarked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [unmarked(inner) for inner in value]
    return MARKED.sub(r"\3", value) if isinstance(value, str) else value


def _stand_in(token: Token, place: Place, *, is_chosen: bool) -> StandIn:
    kind = EXAMPLE
    if is_chosen:
        kind = MISSING if token.default is None else DEFAULT
    return StandIn(kind, token.name, example_of(token, place), token.default is not None)


def _marked(stand_in: StandIn) -> str:
    text = re.sub(f"[{OPEN}{BETWEEN}{SHUT}]", "", stand_in.text)
    return f"{OPEN}{stand_in.kind}{BETWEEN}{stand_in.name}{BETWEEN}{text}{SHUT}"
