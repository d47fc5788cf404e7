"""Filters for days and times of day in the reader's language."""

from datetime import date, datetime

from babel.dates import format_skeleton
from flask_babel import format_date, format_datetime, format_time, get_locale
from markupsafe import Markup

from plugin.core.clock import rfc3339, utcnow
from plugin.web.broadcasts.blueprint import blueprint


@blueprint.app_template_filter("day")
def day(value: date) -> str:
    return str(format_date(value, "long"))


@blueprint.app_template_filter("month")
def month(value: date) -> str:
    return str(format_skeleton("yMMMM", value, locale=get_locale()))


@blueprint.app_template_filter("weekday")
def weekday(value: date) -> str:
    return str(format_date(value, "EEE"))


@blueprint.app_template_filter("clock")
def clock(value: datetime) -> str:
    """The time of day in the portal's time zone."""
    return str(format_time(value, "short"))


@blueprint.app_template_filter("exactly")
def exactly(value: datetime) -> str:
    """The time of day, and the date of another day; with its zone on hover."""
    text, date_of = format_time(value, "short"), format_date(value, "medium")
    if date_of != format_date(utcnow(), "medium"):
        text = f"{date_of} {text}"
    long = format_datetime(value, "long")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(rfc3339(value), long, text)
