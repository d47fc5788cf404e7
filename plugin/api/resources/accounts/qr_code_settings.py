"""A QR code's settings as JSON: greeting, tags, colours and how contacts are identified."""

import base64
from typing import Any

from marshmallow import Schema, ValidationError, fields

from plugin.api.fields import Moment, PlainText
from plugin.api.problems import Problem
from plugin.services.qr_codes.logo import InvalidPicture
from plugin.services.qr_codes.settings import (
    LONGEST_GREETING,
    LONGEST_NAME,
    Choices,
    InvalidChoices,
    Refusal,
    fitted_logo,
)

COLOUR = {"pattern": "^#[0-9A-Fa-f]{6}$"}
REASON_MESSAGES = {
    "no_name": "Must not be empty.",
    "long_name": f"Must have {LONGEST_NAME} characters at most.",
    "no_https": "Must be a whole https address without a user name, or empty.",
    "odd_tag": "A tag has 1 to 50 characters and no {{ }}.",
    "many_tags": "A friend can carry 100 tags at most.",
    "ends_first": "Must be later than starts_at.",
    "no_colour": "Must be written #rrggbb.",
    "too_alike": "A camera cannot tell it from dark: take a darker code or a lighter ground.",
}
LOGO_MESSAGES = {
    "too_heavy": "The picture may have 200 KB at most.",
    "not_picture": "Must be a whole PNG or JPEG picture in base64, or null.",
    "too_large": "The picture may have 1,024 pixels a side at most.",
    "moving": "Must be a still picture.",
}
DEFAULTS = {
    "destination": "",
    "tags": list[str](),
    "greeting": "",
    "starts_at": None,
    "ends_at": None,
    "dark": "#000000",
    "light": "#ffffff",
    "by_token": True,
    "by_email": True,
    "by_form": False,
    "makes_contact": True,
}


class Logo(fields.Field[bytes]):
    """A PNG or JPEG in base64; null or empty for none."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bytes:
        try:
            picture = base64.b64decode(value, validate=True) if isinstance(value, str) else None
        except ValueError:
            picture = None
        if picture is None:
            raise ValidationError(LOGO_MESSAGES["not_picture"])
        try:
            fitted_logo(picture)
        except InvalidPicture as error:
            raise ValidationError(LOGO_MESSAGES[error.reason]) from error
        return picture


def _about(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description, **more}}


def _switch(description: str) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, **_about(description))


# Settings that are left out stay as they are.
class ChoicesSchema(Schema):
    destination = PlainText(2000, **_about("Where the last page leads; empty: it ends there"))
    tags = fields.List(PlainText(50, 1), **_about("Given to who comes through"))
    greeting = PlainText(
        LONGEST_GREETING, **_about("One text message after linking, once for each friend")
    )
    starts_at = Moment(allow_none=True, **_about("Open from then on; null: at once"))
    ends_at = Moment(allow_none=True, **_about("Open until then; null: without an end"))
    dark = fields.String(**_about("Colour of the code", **COLOUR))
    light = fields.String(**_about("Colour of the ground", **COLOUR))
    by_token = _switch("Which contact: 1. the one of a personal link")
    by_email = _switch("2. the one with the email address that LINE vouches for")
    by_form = _switch("3. the one with the address that the friend types and proves")
    makes_contact = _switch("4. a new one")


class GivenChoicesSchema(ChoicesSchema):
    logo = Logo(
        allow_none=True, load_only=True, **_about("PNG or JPEG up to 200 KB, base64; null: none")
    )


# Account and linkage type stay: printed copies rely on them.
class ChangedChoicesSchema(GivenChoicesSchema):
    name = PlainText(LONGEST_NAME, 1)


def merged(before: dict[str, Any], body: dict[str, Any]) -> Choices:
    changes = {name: body[name] for name in Choices._fields if name in body}
    return Choices(**{**before, **changes})


def refused(error: InvalidChoices) -> Problem:
    errors = {name: [_refusal_message(refusal)] for name, refusal in error.refusals.items()}
    detail = " ".join(f"{name}: {words[0]}" for name, words in errors.items())
    return Problem(422, "invalid", detail, errors=errors)


def _refusal_message(refusal: Refusal) -> str:
    if refusal.problem is not None:
        return f"LINE would not take it: {refusal.problem}"
    return REASON_MESSAGES[refusal.reason]
