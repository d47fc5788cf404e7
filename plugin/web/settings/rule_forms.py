"""The form of an account's rules of sending."""

from datetime import time
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DecimalField,
    Field,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from plugin.core.sending_hours import DAY
from plugin.services.sending.rules import (
    CURRENCIES,
    MOST_DAYS,
    MOST_HOLDOUT,
    MOST_MESSAGES,
    MOST_PEOPLE,
    MOST_PRICE,
    RuleChoices,
)

MILLI = 1000
USUAL_HOURS = (9 * 60, 21 * 60)
REFUSALS = {
    "closed": _("Leave at least one day open, or nothing would ever go out."),
    "zone": _("Choose a time zone from the list, such as Asia/Tokyo."),
    "not_synced": _(
        "Choose this property on the Sync page first, so that Musubi knows its values."
    ),
}


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _between(least: int, most: int) -> NumberRange:
    words = _("Enter a whole number from %(least)s to %(most)s.", least=least, most=f"{most:,}")
    return NumberRange(least, most, words)


class WholeNumber(IntegerField):
    """An IntegerField whose message says what to enter."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Enter a whole number.")) from None


class WeekdayForm(PlainForm):
    """One weekday. An end before the beginning is on the next day; 00:00 is midnight."""

    open = BooleanField(_("Open"))
    start = TimeField(_("From"), [Optional()])
    end = TimeField(_("Until"), [Optional()])

    def validate_end(self, field: Field) -> None:
        """Refuse a window that ends as it begins, unless that is the whole day."""
        if self.open.data and field.data and field.data == self.start.data != time():
            raise ValidationError(gettext("The end must differ from the beginning."))


class RulesForm(FlaskForm):
    capped = BooleanField(_("Limit how many messages a friend gets"))
    cap_messages = WholeNumber(_("Messages at most"), [Optional(), _between(0, MOST_MESSAGES)])
    cap_days = WholeNumber(
        _("In so many days"),
        [InputRequired(_("Enter a whole number.")), _between(1, MOST_DAYS)],
    )
    hours = RadioField(
        _("When messages may go out"),
        choices=[
            SelectChoice("any", _("At any time")),
            SelectChoice("some", _("In these hours only")),
        ],
    )
    monday = FormField(WeekdayForm, _("Monday"))
    tuesday = FormField(WeekdayForm, _("Tuesday"))
    wednesday = FormField(WeekdayForm, _("Wednesday"))
    thursday = FormField(WeekdayForm, _("Thursday"))
    friday = FormField(WeekdayForm, _("Friday"))
    saturday = FormField(WeekdayForm, _("Saturday"))
    sunday = FormField(WeekdayForm, _("Sunday"))
    time_zone = StringField(_("Time zone"), filters=[_stripped])
    zone_property = SelectField(_("Each contact's own time zone"))
    holdout_percent = WholeNumber(
        _("Held out of every broadcast (percent)"), [Optional(), _between(0, MOST_HOLDOUT)]
    )
    approval_above = WholeNumber(
        _("Another member approves broadcasts to more people than"),
        [Optional(), _between(0, MOST_PEOPLE)],
    )
    free_messages = WholeNumber(
        _("Messages a month in your plan"), [Optional(), _between(0, MOST_PEOPLE)]
    )
    price = DecimalField(
        _("Price of one more"),
        [Optional(), NumberRange(0, MOST_PRICE // MILLI, _("Enter a price, such as 3 or 0.5."))],
        places=None,
    )
    currency = SelectField(_("Currency"), choices=[SelectChoice(code) for code in CURRENCIES])

    def choices(self) -> RuleChoices | None:
        """Return the submitted values for the service, or None with errors at the fields."""
        if not self.validate_on_submit() or not self._has_its_number():
            return None
        price = self.price.data
        return RuleChoices(
            cap_messages=self.cap_messages.data if self.capped.data else None,
            cap_days=self.cap_days.data,
            open_hours=self._week() if self.hours.data == "some" else None,
            time_zone=self.time_zone.data,
            zone_property=self.zone_property.data,
            holdout_percent=self.holdout_percent.data or 0,
            approval_above=self.approval_above.data,
            free_messages=self.free_messages.data,
            price_milli=None if price is None else int(price * MILLI),
            currency=self.currency.data,
        )

    def refuse(self, refusals: dict[str, str]) -> None:
        """Put the service's refusals at their fields."""
        for name, reason in refusals.items():
            field = self["hours" if name == "open_hours" else name]
            field.errors = [*field.errors, REFUSALS.get(reason, _("This does not fit."))]

    def days(self) -> list[Any]:
        """Return the weekdays' fields, Monday first."""
        return [self[name] for name in WEEKDAYS]

    def _has_its_number(self) -> bool:
        lacks = self.capped.data and self.cap_messages.data is None
        if lacks:
            self.cap_messages.errors = [gettext("Enter a whole number.")]
        return not lacks

    def _week(self) -> list[list[int]]:
        return [_pair(day.form) for day in self.days()]


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def fields_of(choices: RuleChoices) -> dict[str, Any]:
    """Return a form's data for these values."""
    milli = choices.price_milli
    week = choices.open_hours or [list(USUAL_HOURS)] * 7
    days = {name: _times(*pair) for name, pair in zip(WEEKDAYS, week, strict=True)}
    return {
        **choices._asdict(),
        **days,
        "capped": choices.cap_messages is not None,
        "hours": "any" if choices.open_hours is None else "some",
        "price": None if milli is None else _price(milli),
    }


def _price(milli: int) -> Decimal:
    # Without zeros at the end, and without an exponent.
    return Decimal(f"{(Decimal(milli) / MILLI).normalize():f}")


def _times(start: int, end: int) -> dict[str, Any]:
    if start == end:
        start, end, is_open = *USUAL_HOURS, False
    else:
        is_open = True
    return {"open": is_open, "start": _clock(start), "end": _clock(end)}


def _clock(minute: int) -> time:
    return time(*divmod(minute % DAY, 60))


def _pair(day: WeekdayForm) -> list[int]:
    if not day.open.data:
        return [0, 0]
    start, end = _minute(day.start.data), _minute(day.end.data)
    return [start, end or DAY]


def _minute(shown: time | None) -> int:
    return shown.hour * 60 + shown.minute if shown else 0
