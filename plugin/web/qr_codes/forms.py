"""The form of an existing QR code: what friends get, how it looks, how contacts are found."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from plugin.core.overwrites import Seen
from plugin.core.time_zones import zone_of
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.qr_codes.codes import editable
from plugin.services.qr_codes.logo import InvalidPicture
from plugin.services.qr_codes.settings import (
    LARGEST_LOGO,
    LONGEST_NAME,
    Choices,
    InvalidChoices,
    Refusal,
    choices_of,
    fitted_logo,
    validated,
)
from plugin.web.language import in_words
from plugin.web.overwrites import Difference, display_value, untouched

A_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 2000, 2999
UNREADABLE = {
    "too_heavy": _("The file may have 200 KB at most."),
    "not_picture": _("This is not a whole PNG or JPEG picture."),
    "too_large": _("The picture may have 1,024 pixels a side at most."),
    "moving": _("The picture moves. Save it as a still one."),
}

# The form has days, the service points in time.
FIELDS = {"starts_at": "starts_on", "ends_at": "ends_on"}
ERRORS = {
    "no_name": _("Give the code a name."),
    "long_name": _("Use at most 120 characters."),
    "no_https": _("Enter a whole address that begins with https://"),
    "odd_tag": _("A tag has 50 characters at most and no {{ }}."),
    "many_tags": _("A friend can carry 100 tags at most."),
    "ends_first": _("The last day must not be before the first."),
    "no_colour": _("Choose both colours."),
    "too_alike": _("Cameras cannot read these two. Take a darker code or a lighter ground."),
}


def _error_text(refusal: Refusal) -> str:
    if refusal.problem is not None:
        words = in_words(refusal.problem)
        return str(gettext("LINE would not take it: %(words)s", words=words))
    return str(ERRORS[refusal.reason])


def _is_within_reach(_form: object, field: Field) -> None:
    # Time zones cannot be computed for days further away.
    if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(_("Choose a day between the years 2000 and 2999."))


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class QRChoicesForm(FlaskForm):
    """Days are whole days of the portal's time zone; the last one is included."""

    name = StringField(
        _("Name"),
        [
            DataRequired(message=_("Give the code a name.")),
            Length(max=LONGEST_NAME, message=_("Use at most 120 characters.")),
        ],
        filters=[_stripped],
    )
    destination = StringField(_("Page to go on to"), filters=[_stripped])
    tags = StringField(_("Tags to give"), filters=[_stripped])
    greeting = TextAreaField(_("Greeting"), filters=[_stripped])
    starts_on = DateField(_("First day"), [Optional(), _is_within_reach])
    ends_on = DateField(_("Last day"), [Optional(), _is_within_reach])
    dark = StringField(_("Colour of the code"), filters=[str.lower])
    light = StringField(_("Colour of the ground"), filters=[str.lower])
    logo = FileField(_("Logo"))
    no_logo = BooleanField(_("Without a logo"))
    by_token = BooleanField(_("The personal link of an email"))
    by_email = BooleanField(_("The email address that LINE vouches for"))
    by_form = BooleanField(_("A short form: email address and name"))
    makes_contact = BooleanField(_("Otherwise make a new contact"))

    def validate_logo(self, field: Field) -> None:
        """Accept a PNG or JPEG of 200 KB at most; keep its bytes in `picture`."""
        field.picture = field.data.read(LARGEST_LOGO + 1) if field.data else b""
        try:
            fitted_logo(field.picture)
        except InvalidPicture as error:
            raise ValidationError(UNREADABLE[error.reason]) from error

    def choices(self, zone: str) -> Choices | None:
        """Return the submitted values for the service, or None with errors at the fields."""
        if not self.validate_on_submit():
            return None
        try:
            return validated(self._wanted(zone))
        except InvalidChoices as error:
            for name, refusal in error.refusals.items():
                self[FIELDS.get(name, name)].errors = [_error_text(refusal)]
            return None

    def _wanted(self, zone: str) -> Choices:
        last = self.ends_on.data
        values = {name: self[name].data for name in Choices._fields if name in self}
        return Choices(
            **{**values, "tags": [self.tags.data]},
            starts_at=_midnight(self.starts_on.data, zone),
            ends_at=_midnight(last + A_DAY if last else None, zone),
        )


def form_of(code: QRCode, zone: str) -> QRChoicesForm:
    """Return the form as submitted, or with the code's values."""
    return QRChoicesForm(data=_fields_of(choices_of(code), zone))


def form_after_change(typed: Choices, code: QRCode, zone: str, seen: Seen | None) -> QRChoicesForm:
    """Return the form with what was typed, and with another person's changes elsewhere."""
    present = choices_of(code)._asdict()
    merged = {
        name: present[name] if untouched(name, value, seen) else value
        for name, value in typed._asdict().items()
    }
    return QRChoicesForm(formdata=None, data=_fields_of(Choices(**merged), zone))


def differences(
    form: QRChoicesForm, code: QRCode, zone: str, names: frozenset[str]
) -> list[Difference]:
    """Return what another person changed, field by field."""
    present = {**_fields_of(choices_of(code), zone), "logo": code.has_logo}
    fields = [FIELDS.get(name, name) for name in editable(code) if name in names]
    return [Difference(str(form[name].label.text), display_value(present[name])) for name in fields]


def _fields_of(choices: Choices, zone: str) -> dict[str, Any]:
    starts, ends = choices.starts_at, choices.ends_at
    return {
        **choices._asdict(),
        "tags": ", ".join(choices.tags),
        "starts_on": starts.astimezone(zone_of(zone)).date() if starts else None,
        # The end is the midnight after the last day.
        "ends_on": (ends - timedelta(hours=1)).astimezone(zone_of(zone)).date() if ends else None,
    }


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC) if day else None
