"""Time zones by the names that HubSpot and people give them."""

from zoneinfo import ZoneInfo


def known_zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name; None: there is none of this name here."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name, UTC where none is known here."""
    return known_zone(name) or ZoneInfo("UTC")
