"""The one place that asks what time it is; everything else is handed the answer."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """The present moment, with its time zone (UTC)."""
    return datetime.now(UTC)


def rfc3339(moment: datetime | None) -> str | None:
    """The form every time has outside: RFC 3339, UTC, milliseconds, `Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
