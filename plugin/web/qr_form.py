"""The form of a QR code that is there: what its friends get, how it looks, who they are."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from plugin.core.addresses import is_https
from plugin.core.colours import can_be_scanned, is_colour
from plugin.core.message_part import InvalidMessage
from plugin.core.personalise import sample
from plugin.core.png import InvalidPicture, read_png
from plugin.models.qr_code import QRCode
from plugin.services.plan_delivery import check
from plugin.services.qr_codes import LARGEST_LOGO, Choices
from plugin.services.tag_friend import InvalidTag, read_tags

A_DAY = timedelta(days=1)
UNREADABLE = {
    "not_png": _("This is not a PNG picture."),
    "too_large": _("The picture may have 1,024 pixels a side at most."),
    "unusual": _("Save the picture as a plain PNG: 8 bits a channel, not interlaced."),
}


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class QRChoicesForm(FlaskForm):
    """Days are whole days of the portal's time zone; the last one is in."""

    name = StringField(
        _("Name"),
        [
            DataRequired(message=_("Give the code a name.")),
            Length(max=120, message=_("Use at most 120 characters.")),
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

    def validate_destination(self, field: Field) -> None:
        """https or nothing."""
        if field.data and not is_https(field.data):
            raise ValidationError(_("Enter a whole address that begins with https://"))

    def validate_tags(self, field: Field) -> None:
        """As the workflow action takes them."""
        try:
            field.tags = read_tags(field.data) if field.data else []
        except InvalidTag as error:
            raise ValidationError(_("A tag has 50 characters at most and no {{ }}.")) from error

    def validate_greeting(self, field: Field) -> None:
        """What LINE would take as a text message."""
        try:
            if field.data:
                check(sample([{"type": "text", "text": field.data}]))
        except InvalidMessage as error:
            says = _("LINE would not take it: %(words)s", words=str(error))
            raise ValidationError(says) from error

    def validate_ends_on(self, field: Field) -> None:
        """Not before it begins."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day must not be before the first."))

    def validate_light(self, field: Field) -> None:
        """A camera has to tell the two apart."""
        if not (is_colour(self.dark.data) and is_colour(field.data)):
            raise ValidationError(_("Choose both colours."))
        if not can_be_scanned(self.dark.data, field.data):
            raise ValidationError(
                _("Cameras cannot read these two. Take a darker code or a lighter ground.")
            )

    def validate_logo(self, field: Field) -> None:
        """A PNG of 200 KB at most; its bytes are kept in `png`."""
        field.png = field.data.read(LARGEST_LOGO + 1) if field.data else b""
        if len(field.png) > LARGEST_LOGO:
            raise ValidationError(_("The file may have 200 KB at most."))
        try:
            if field.png:
                read_png(field.png)
        except InvalidPicture as error:
            raise ValidationError(UNREADABLE[error.reason]) from error

    def choices(self, zone: str) -> Choices:
        """What the service wants, of a form that is valid."""
        last = self.ends_on.data
        values = {
            name: self[name].data
            for name in Choices._fields
            if name not in ("tags", "starts_at", "ends_at")
        }
        return Choices(
            **values,
            tags=self.tags.tags,
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
