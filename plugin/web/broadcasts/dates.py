"""Filters for days and times of day in the reader's language."""

from datetime import date, datetime

from babel.dates import format_skeleton
from flask_babel import format_date, format_time, get_locale

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
