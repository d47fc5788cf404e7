"""The form of a QR code that is there: what its friends get, how it looks, who they are."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from plugin.models.qr_code import QRCode
from plugin.services.pictures import InvalidPicture
from plugin.services.qr_choices import (
    LARGEST_LOGO,
    LONGEST_NAME,
    Choices,
    InvalidChoices,
    Refusal,
    fitted_logo,
    settled,
)
from plugin.web.sentences import in_words

A_DAY = timedelta(days=1)
UNREADABLE = {
    "too_heavy": _("The file may have 200 KB at most."),
    "not_picture": _("This is not a whole PNG or JPEG picture."),
    "too_large": _("The picture may have 1,024 pixels a side at most."),
    "moving": _("The picture moves. Save it as a still one."),
}

# The page asks for days, the service for moments.
FIELDS = {"starts_at": "starts_on", "ends_at": "ends_on"}
SAYINGS = {
    "no_name": _("Give the code a name."),
    "long_name": _("Use at most 120 characters."),
    "no_https": _("Enter a whole address that begins with https://"),
    "odd_tag": _("A tag has 50 characters at most and no {{ }}."),
    "many_tags": _("A friend can carry 100 tags at most."),
    "ends_first": _("The last day must not be before the first."),
    "no_colour": _("Choose both colours."),
    "too_alike": _("Cameras cannot read these two. Take a darker code or a lighter ground."),
}


def _says(refusal: Refusal) -> str:
    if refusal.problem is not None:
        words = in_words(refusal.problem)
        return str(gettext("LINE would not take it: %(words)s", words=words))
    return str(SAYINGS[refusal.reason])


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class QRChoicesForm(FlaskForm):
    """Days are whole days of the portal's time zone; the last one is in."""

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
    starts_on = DateField(_("First day"), [Optional()])
    ends_on = DateField(_("Last day"), [Optional()])
    dark = StringField(_("Colour of the code"), filters=[str.lower])
    light = StringField(_("Colour of the ground"), filters=[str.lower])
    logo = FileField(_("Logo"))
    no_logo = BooleanField(_("Without a logo"))
    by_token = BooleanField(_("The personal link of an email"))
    by_email = BooleanField(_("The email address that LINE vouches for"))
    by_form = BooleanField(_("A short form: email address and name"))
    makes_contact = BooleanField(_("Otherwise make a new contact"))

    def validate_logo(self, field: Field) -> None:
        """A PNG or JPEG of 200 KB at most; its bytes are kept in `picture`."""
        field.picture = field.data.read(LARGEST_LOGO + 1) if field.data else b""
        try:
            fitted_logo(field.picture)
        except InvalidPicture as error:
            raise ValidationError(UNREADABLE[error.reason]) from error

    def choices(self, zone: str) -> Choices | None:
        """What the service takes, of a form that was sent; None: fields say what is wrong."""
        if not self.validate_on_submit():
            return None
        try:
            return settled(self._wanted(zone))
        except InvalidChoices as error:
            for name, refusal in error.refusals.items():
                self[FIELDS.get(name, name)].errors = [_says(refusal)]
            return None

    def _wanted(self, zone: str) -> Choices:
        last = self.ends_on.data
        values = {name: self[name].data for name in Choices._fields if name in self}
        return Choices(
            **{**values, "tags": [self.tags.data]},
            starts_at=_midnight(self.starts_on.data, zone),
            ends_at=_midnight(last + A_DAY if last else None, zone),
        )


def filled(code: QRCode, zone: str) -> QRChoicesForm:
    """The form as it was sent, or with what the code has."""
    starts, ends, lists = code.starts_at, code.ends_at, ("tags", "starts_at", "ends_at")
    present = {name: getattr(code, name) for name in Choices._fields if name not in lists}
    return QRChoicesForm(
        data={
            **present,
            "tags": ", ".join(code.tags),
            "starts_on": starts.astimezone(_zone(zone)).date() if starts else None,
            # The end is the midnight after the last day.
            "ends_on": (ends - timedelta(hours=1)).astimezone(_zone(zone)).date() if ends else None,
        }
    )


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), _zone(zone)).astimezone(ZoneInfo("UTC")) if day else None


def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name or "UTC")
