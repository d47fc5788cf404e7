"""HubSpot's time formats: RFC 3339 with milliseconds, and ISO-8601 durations."""

import re
from datetime import UTC, datetime

WEEK = 7 * 24 * 3600
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_SECONDS = {"weeks": WEEK, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


def iso(millis: int) -> str:
    """Milliseconds since the epoch as `2026-11-22T01:02:03.456Z`."""
    moment = datetime.fromtimestamp(millis / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def millis(text: str) -> int | None:
    """Milliseconds from digits or an ISO text; None for anything else."""
    if text.lstrip("-").isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def duration(text: str) -> int | None:
    """Seconds of `PT15M`, `P1D`, `P1WT1H`; None if the text is no duration."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groupdict().values()):
        return None
    return sum(_SECONDS[name] * int(count or 0) for name, count in match.groupdict().items())
