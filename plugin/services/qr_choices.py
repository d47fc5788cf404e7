"""What a team may choose for a QR code: the one place that says what can be taken."""

from datetime import datetime
from typing import Literal, NamedTuple

from plugin.core.addresses import is_https
from plugin.core.colours import can_be_scanned, is_colour
from plugin.core.message_part import InvalidMessage
from plugin.core.personalise import sample
from plugin.core.sentences import Sentence
from plugin.models.qr_code import QRCode
from plugin.services.pictures import InvalidPicture, as_clean_png
from plugin.services.plan_delivery import check
from plugin.services.tag_friend import MOST, InvalidTag, read_tags

LONGEST_NAME, LONGEST_GREETING = 120, 5000
LARGEST_LOGO = 200 * 1024
# As large as it is ever shown; whatever was sent is written anew at this size.
LOGO_SIDE = 256


class Choices(NamedTuple):
    """What a team may choose for a code, beside its account and its linkage type."""

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
    """Why one choice cannot be taken; `problem`: what LINE would not take of a greeting."""

    reason: Reason
    problem: Sentence | None = None


class InvalidChoices(ValueError):
    """Everything that is wrong, by the name of the choice."""

    def __init__(self, refusals: dict[str, Refusal]) -> None:
        super().__init__(", ".join(f"{name}: {one.reason}" for name, one in refusals.items()))
        self.refusals = refusals


def choices_of(code: QRCode) -> Choices:
    """What the code has now."""
    return Choices(**{name: getattr(code, name) for name in Choices._fields})


def settled(wanted: Choices) -> Choices:
    """The choices as they are kept. Raises `InvalidChoices`."""
    dark, light = wanted.dark.lower(), wanted.light.lower()
    tags = _tags(wanted.tags)
    refusals = {
        "name": _name(wanted.name.strip()),
        "destination": _destination(wanted.destination),
        "tags": tags if isinstance(tags, Refusal) else None,
        "greeting": _greeting(wanted.greeting),
        "ends_at": _season(wanted.starts_at, wanted.ends_at),
        **_colours(dark, light),
    }
    found = {name: one for name, one in refusals.items() if one is not None}
    if found or isinstance(tags, Refusal):
        raise InvalidChoices(found)
    return wanted._replace(name=wanted.name.strip(), tags=tags, dark=dark, light=light)


def fitted_logo(picture: bytes) -> bytes | None:
    """The logo as it is kept, None for b"". Raises `InvalidPicture`, also with `too_heavy`."""
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
    """As the workflow action takes them."""
    try:
        tags = read_tags(*named) if any(name.strip() for name in named) else []
    except InvalidTag:
        return Refusal("odd_tag")
    return Refusal("many_tags") if len(tags) > MOST else tags


def _greeting(text: str) -> Refusal | None:
    """What LINE would take as a text message."""
    if not text:
        return None
    try:
        check(sample([{"type": "text", "text": text}]))
    except InvalidMessage as error:
        return Refusal("odd_greeting", error.problem)
    return None


def _season(starts_at: datetime | None, ends_at: datetime | None) -> Refusal | None:
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
