"""Values of HubSpot properties in words: labels, dates, numbers, owners' names."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from html import unescape

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone
from babel.numbers import format_decimal

from plugin.core.messages.personalise import PropertyValues
from plugin.gateways import PropertyShape
from plugin.services.contacts.known_properties import Shapes

# A portal in these zones writes to people there: LINE's profiles do not always have a language.
LANGUAGE_OF_ZONE = {"Asia/Tokyo": "ja", "Asia/Bangkok": "th", "Asia/Taipei": "zh_Hant_TW"}
BETWEEN = {"ja": "、", "zh": "、"}
# HubSpot's default labels of a checkbox are translated; labels that a person chose stay.
YES_NO = {"true": ("Yes", "True"), "false": ("No", "False")}
YES_NO_IN = {
    "ja": {"true": "はい", "false": "いいえ"},
    "th": {"true": "ใช่", "false": "ไม่ใช่"},
    "zh": {"true": "是", "false": "否"},
}
# A number of four digits may be a year or a code.
GROUPED = Decimal(10000)
LARGEST_EXPONENT = 30
BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr)>", re.IGNORECASE)
TAGS = re.compile(r"<[^>]*>")


def words_for(values: Mapping[str, str | None], shapes: Shapes, language: str) -> PropertyValues:
    """Return a contact's values in the friend's `language` (LINE's tag; "" for unknown)."""
    zone, locale = _zone(shapes.zone), _locale(language, shapes.zone)
    shown: dict[str, str] = {}
    moments: dict[str, str] = {}
    for name, shape in shapes.properties.items():
        value = (values.get(name) or "").strip()
        if value:
            shown[name] = _shown(value, shape, shapes.owners, locale, zone)
            moments[name] = _moment(value, shape, zone)
    return PropertyValues(values, shown, moments)


def _shown(
    value: str, shape: PropertyShape, owners: Mapping[str, str], locale: Locale, zone: tzinfo
) -> str:
    if shape.of_owners:
        # An id means nothing to the reader, so an owner without a name is left out.
        names = (owners.get(part, "") for part in value.split(";"))
        return _between(locale).join(filter(None, names))
    if shape.type == "bool" or shape.field_type == "booleancheckbox":
        return _yes_or_no(value.lower(), shape.labels, locale)
    if shape.type == "enumeration":
        chosen = value.split(";") if shape.field_type == "checkbox" else [value]
        labels = (shape.labels.get(part, part) for part in chosen)
        return _between(locale).join(filter(None, labels))
    if shape.type in ("date", "datetime"):
        return _dated(value, shape, locale, zone)
    if shape.type == "number":
        return _number(value, locale)
    return _plain(value) if shape.field_type == "html" else value


def _between(locale: Locale) -> str:
    return BETWEEN.get(locale.language, ", ")


def _yes_or_no(value: str, labels: Mapping[str, str], locale: Locale) -> str:
    label = labels.get(value, "")
    if value not in YES_NO:
        return label or value
    if label and label not in YES_NO[value]:
        return label
    translated = YES_NO_IN.get(locale.language, {})
    return translated.get(value) or label or YES_NO[value][0]


def _dated(value: str, shape: PropertyShape, locale: Locale, zone: tzinfo) -> str:
    moment = _read(value)
    if moment is None:
        return value
    if shape.type == "date":
        return _spaced(format_date(moment.date(), "long", locale))
    local = moment.astimezone(zone)
    day, time = (
        format_date(local.date(), "long", locale),
        format_time(local, "short", locale=locale),
    )
    return _spaced(f"{day} {time}")


def _moment(value: str, shape: PropertyShape, zone: tzinfo) -> str:
    # In the format of LINE's date picker.
    moment = _read(value) if shape.type in ("date", "datetime") else None
    if moment is None:
        return value
    if shape.type == "date":
        return moment.date().isoformat()
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _read(value: str) -> datetime | None:
    """Parse HubSpot's `2026-12-24`, `2026-12-24T01:30:00Z` or milliseconds; a date is in UTC."""
    try:
        if re.fullmatch(r"-?[0-9]{1,15}", value):
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        if len(value) == len("2026-12-24"):
            return datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        moment = datetime.fromisoformat(value)
        # The first and the last possible day cannot be moved to another zone.
        near_an_end = not 1 < moment.year < date.max.year
    except (ValueError, OverflowError, OSError):
        return None
    if near_an_end:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(value: str, locale: Locale) -> str:
    try:
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
            return value
    except InvalidOperation:
        return value
    grouped = abs(number) >= GROUPED
    return format_decimal(
        number, locale=locale, decimal_quantization=False, group_separator=grouped
    )


def _plain(html: str) -> str:
    # A line per paragraph or break of the rich text.
    lines = unescape(TAGS.sub("", BREAKS.sub("\n", html))).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _spaced(text: str) -> str:
    # Unicode's locale data has narrow and no-break spaces, which old phones show as boxes.
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def _zone(name: str) -> tzinfo:
    # Babel does not need the machine's own time zone database.
    try:
        return get_timezone(name)
    except LookupError:
        return UTC


def _locale(language: str, zone: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        return Locale.parse(LANGUAGE_OF_ZONE.get(zone, "en"))
