"""Moments that a person gives by date and time of a place."""

from datetime import UTC, datetime

from plugin.core.time_zones import zone_of


class SkippedTime(ValueError):
    """The clocks of the place are put forward over this time: it does not exist."""


def moment_of(shown: datetime, zone: str) -> datetime:
    """Return the UTC moment of a date and time there; the first one of a repeated hour. Raise
    `SkippedTime`. An unknown zone counts as UTC."""
    place = zone_of(zone)
    moment = shown.replace(tzinfo=place, fold=0).astimezone(UTC)
    if moment.astimezone(place).replace(tzinfo=None) != shown.replace(tzinfo=None):
        raise SkippedTime(f"{shown:%Y-%m-%d %H:%M} does not exist in {zone}")
    return moment
