"""Replace the tokens of messages, and nothing else: `{{ contact.name | default('there') }}`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from plugin.core.messages.part import InvalidMessage, shallow, utf16_length
from plugin.core.messages.places import Place, place_of
from plugin.core.messages.text_links import shifted
from plugin.core.messages.tokens import Token, split
from plugin.core.text.uris import telephone, uri_of, written_as_address

Message = dict[str, Any]
PICKED = ("initial", "min", "max")
# Examples for places where a property's name cannot stand.
EXAMPLES: Mapping[Place, str] = {"call": "+81312345678", "moment": "2026-12-24T10:00"}
# Returns the text that replaces a token.
Replace = Callable[[Token, Place], str]


class PropertyValues(NamedTuple):
    """A contact's values by property: `raw` as HubSpot stores them, the others where they differ.

    `shown`: as people read them, "" where there is nothing to show; `moments`: dates and times for
    LINE's date picker, in the portal's time zone.
    """

    raw: Mapping[str, str | None]
    shown: Mapping[str, str] = {}
    moments: Mapping[str, str] = {}

    def at(self, name: str, place: Place) -> str:
        raw = (self.raw.get(name) or "").strip()
        if not raw or place in ("address", "call", "machine"):
            return raw
        return (self.moments if place == "moment" else self.shown).get(name, raw).strip()


def tokens_of(messages: Sequence[Message]) -> list[Token]:
    tokens: list[Token] = []

    def note(token: Token, _: Place) -> str:
        tokens.append(token)
        return "0"

    replace_tokens(messages, note)
    return tokens


def property_names(messages: Sequence[Message]) -> list[str]:
    return list(dict.fromkeys(token.name for token in tokens_of(messages)))


def fill(
    messages: Sequence[Message], values: PropertyValues | Mapping[str, str | None]
) -> list[Message]:
    """Replace every token, or raise `InvalidMessage` naming what is missing."""
    contact = values if isinstance(values, PropertyValues) else PropertyValues(values)

    def value(token: Token, place: Place) -> str:
        known = contact.at(token.name, place)
        if known:
            return known
        if token.default is None:
            raise InvalidMessage(
                "The contact has no %(property)s, and %(written)s has no default.",
                property=token.name,
                written=token.written,
            )
        return token.default

    return replace_tokens(messages, value)


def sample(messages: Sequence[Message]) -> list[Message]:
    """Fill the messages with examples: a token's default, else the property's name."""
    return replace_tokens(messages, example_of)


def replace_tokens(messages: Sequence[Message], replace: Replace) -> list[Message]:
    with shallow():
        replaced: list[Message] = _replaced(list(messages), "text", replace)
    return replaced


def example_of(token: Token, place: Place) -> str:
    if token.default is not None:
        return token.default
    return EXAMPLES.get(place, token.name)


def encoded(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with addresses as URIs; those with tokens are left to `fill`."""
    with shallow():
        result: list[Message] = _with_uris(list(messages), "")
    return result


def _with_uris(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_uris(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_uris(inner, key) for inner in value]
    plain = isinstance(value, str) and place_of(key) == "address" and "{{" not in value
    return uri_of(value) if plain else value


# Inside the parsed message, so that no value can change its structure.
def _replaced(value: Any, place: Place, replace: Replace) -> Any:
    if isinstance(value, dict):
        return _object(value, replace)
    if isinstance(value, list):
        return [_replaced(inner, place, replace) for inner in value]
    if not isinstance(value, str):
        return value
    return _joined(split(value, loosely=place == "braced"), place, replace)


def _object(value: Mapping[str, Any], replace: Replace) -> dict[str, Any]:
    filled = {name: _replaced(inner, _place(value, name), replace) for name, inner in value.items()}
    if value.get("type") == "datetimepicker":
        filled |= {name: _picked(value, filled, name) for name in PICKED if name in value}
    if isinstance(value.get("emojis"), list) and isinstance(value.get("text"), str):
        filled["emojis"] = _moved(value["emojis"], value["text"], replace)
    return filled


def _picked(written: Mapping[str, Any], filled: Mapping[str, Any], name: str) -> Any:
    moment, mode = filled[name], written.get("mode")
    if moment == written[name] or not isinstance(moment, str):
        return moment
    if mode == "time":
        return moment.rpartition("T")[2][:5]
    if mode == "datetime":
        return (moment if "T" in moment else f"{moment}T00:00")[:16]
    return moment[:10]


def _place(inside: Mapping[str, Any], name: str) -> Place:
    return "braced" if name == "text" and inside.get("type") == "textV2" else place_of(name)


def _joined(parts: Sequence[str | Token], place: Place, replace: Replace) -> str:
    if place == "address":
        return _address(parts, replace)
    texts = [p if isinstance(p, str) else replace(p, place) for p in parts]
    if place == "braced":
        doubled = [text.replace("{", "{{").replace("}", "}}") for text in texts]
        texts = [
            text if isinstance(part, str) else both
            for part, text, both in zip(parts, texts, doubled, strict=True)
        ]
    return "".join(texts)


def _address(parts: Sequence[str | Token], replace: Replace) -> str:
    beginning = parts[0] if isinstance(parts[0], str) else ""
    if beginning and len(parts) == 1:
        return uri_of(beginning)
    place: Place = "call" if beginning.lstrip()[:4].lower() == "tel:" else "address"
    texts = [p if isinstance(p, str) else replace(p, place) for p in parts]
    whole = "".join(texts).lstrip()
    if whole[:4].lower() == "tel:":
        return _call(whole[4:], parts)
    pieces = [
        text if isinstance(part, str) else quote(text, safe="", errors="replace")
        for part, text in zip(parts, texts, strict=True)
    ]
    # A value that begins the address may be a whole address.
    if not isinstance(parts[0], str):
        pieces[0] = written_as_address(texts[0])
    return uri_of("".join(pieces))


def _call(number: str, parts: Sequence[str | Token]) -> str:
    digits = telephone(number)
    if not digits:
        written = next(part.written for part in parts if isinstance(part, Token))
        raise InvalidMessage(
            "There is no telephone number in %(written)s to call.", written=written
        )
    return f"tel:{digits}"


def _moved(emojis: list[Any], text: str, replace: Replace) -> list[Any]:
    """Adjust LINE's emojis, which stand at UTF-16 positions of the text, to the filled text."""
    shifts, at = [], 0
    for part in split(text, loosely=False):
        if isinstance(part, str):
            at += utf16_length(part)
            continue
        before, at = at, at + utf16_length(part.whole)
        shifts.append((at, utf16_length(replace(part, "text")) - (at - before)))
    return [shifted(emoji, shifts) for emoji in emojis]
