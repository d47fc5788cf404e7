"""What a team may choose for a QR code, and the only place that validates it."""

from datetime import datetime
from typing import Literal, NamedTuple

from plugin.core.colours import can_be_scanned, is_colour
from plugin.core.messages.checks import check
from plugin.core.messages.part import InvalidMessage
from plugin.core.messages.personalise import sample
from plugin.core.text.clean import is_https
from plugin.core.text.sentences import Sentence
from plugin.core.text.uris import uri_of
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.friends.tags import MAX_TAGS, InvalidTag, read_tags
from plugin.services.qr_codes.logo import InvalidPicture, as_clean_png

LONGEST_NAME, LONGEST_GREETING = 120, 5000
LARGEST_LOGO = 200 * 1024
# The largest size ever shown; every upload is redrawn at this size.
LOGO_SIDE = 256


class Choices(NamedTuple):
    name: str
    destination: str
    tags: list[str]
    greeting: str
    starts_at: datetime | None
    ends_at: datetime | None
    dark: str
    light: str
    by_token: bool
    by_email: bool
    by_form: bool
    makes_contact: bool


Reason = Literal[
    "no_name", "long_name", "no_https", "odd_tag", "many_tags", "odd_greeting", "ends_first",
    "no_colour", "too_alike",
]  # fmt: skip


class Refusal(NamedTuple):
    """`problem`: what LINE does not accept in a greeting."""

    reason: Reason
    problem: Sentence | None = None


class InvalidChoices(ValueError):
    def __init__(self, refusals: dict[str, Refusal]) -> None:
        reasons = [f"{name}: {refusal.reason}" for name, refusal in refusals.items()]
        super().__init__(", ".join(reasons))
        self.refusals = refusals


def choices_of(code: QRCode) -> Choices:
    return Choices(**{name: getattr(code, name) for name in Choices._fields})


def validated(choices: Choices) -> Choices:
    """Return the choices in normal form. Raise `InvalidChoices`."""
    dark, light = choices.dark.lower(), choices.light.lower()
    destination = uri_of(choices.destination)
    tags = _tags(choices.tags)
    refusals = {
        "name": _name(choices.name.strip()),
        "destination": _destination(destination),
        "tags": tags if isinstance(tags, Refusal) else None,
        "greeting": _greeting(choices.greeting),
        "ends_at": _period(choices.starts_at, choices.ends_at),
        **_colours(dark, light),
    }
    invalid = {name: refusal for name, refusal in refusals.items() if refusal is not None}
    if invalid or isinstance(tags, Refusal):
        raise InvalidChoices(invalid)
    valid = choices._replace(name=choices.name.strip(), tags=tags, dark=dark, light=light)
    return valid._replace(destination=destination)


def fitted_logo(picture: bytes) -> bytes | None:
    """Return the logo to store, None for b"". Raise `InvalidPicture`, also with `too_heavy`."""
    if len(picture) > LARGEST_LOGO:
        raise InvalidPicture("too_heavy")
    return as_clean_png(picture, LOGO_SIDE) if picture else None


def _name(name: str) -> Refusal | None:
    if not name:
        return Refusal("no_name")
    return Refusal("long_name") if len(name) > LONGEST_NAME else None


def _destination(address: str) -> Refusal | None:
    return Refusal("no_https") if address and not is_https(address) else None


def _tags(named: list[str]) -> list[str] | Refusal:
    try:
        tags = read_tags(*named) if any(name.strip() for name in named) else []
    except InvalidTag:
        return Refusal("odd_tag")
    return Refusal("many_tags") if len(tags) > MAX_TAGS else tags


def _greeting(text: str) -> Refusal | None:
    if not text:
        return None
    try:
        check(sample([{"type": "text", "text": text}]))
    except InvalidMessage as error:
        return Refusal("odd_greeting", error.problem)
    return None


def _period(starts_at: datetime | None, ends_at: datetime | None) -> Refusal | None:
    both = starts_at is not None and ends_at is not None
    return Refusal("ends_first") if both and ends_at <= starts_at else None  # type: ignore[operator]


def _colours(dark: str, light: str) -> dict[str, Refusal | None]:
    odd = {
        name: Refusal("no_colour")
        for name, colour in (("dark", dark), ("light", light))
        if not is_colour(colour)
    }
    if odd or can_be_scanned(dark, light):
        return {**odd}
    return {"light": Refusal("too_alike")}
