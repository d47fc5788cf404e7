"""The contact properties that Musubi writes in HubSpot, and the format of their values."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

GROUP = ("line", "LINE")
FRIEND_STATUSES = (("following", "Following"), ("blocked", "Blocked"), ("unknown", "Unknown"))
SEND_RESULTS = (
    ("sent", "Sent"),
    ("blocked", "Friend blocks the account"),
    ("not_friend", "Not a friend"),
    ("wrong_provider", "LINE ID of another provider"),
    ("quota_exceeded", "Monthly limit reached"),
    ("capped", "Frequency cap reached"),
    ("invalid_message", "Message is not valid"),
    ("expired", "Not sent in time"),
    ("failed", "Failed"),
)
METHODS = (
    ("qr", "QR code"),
    ("email", "Marketing email"),
    ("import", "Import"),
    ("property", "LINE User ID property"),
    ("manual", "By hand"),
)


class LineProperty(NamedTuple):
    """A property of the group `line`. `options`: (value, label) pairs of an enumeration."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    options: tuple[tuple[str, str], ...] = ()


PROPERTIES = (
    LineProperty("line_user_id", "LINE User ID"),
    LineProperty("line_display_name", "LINE display name"),
    LineProperty("line_picture_url", "LINE picture URL"),
    LineProperty("line_friend_status", "LINE friend status", "enumeration", "select",
                 FRIEND_STATUSES),
    LineProperty("line_linked_at", "LINE linked at", "datetime", "date"),
    LineProperty("line_link_method", "LINE link method", "enumeration", "select", METHODS),
    LineProperty("line_last_sent_at", "LINE last message sent at", "datetime", "date"),
    LineProperty("line_last_result", "LINE last message result", "enumeration", "select",
                 SEND_RESULTS),
    LineProperty("line_last_received_at", "LINE last message received at", "datetime", "date"),
    LineProperty("line_last_clicked_at", "LINE last link clicked at", "datetime", "date"),
    LineProperty("line_tags", "LINE tags"),
    LineProperty("line_linkage_token", "LINE linkage token"),
    LineProperty("line_linkage_url", "LINE linkage URL"),
)  # fmt: skip


def named(suffix: str) -> tuple[LineProperty, ...]:
    """Return an account's properties; `suffix` is "" for the first account, then `_2`, `_3`."""
    number = f" ({suffix[1:]})" if suffix else ""
    return tuple(
        prop._replace(name=prop.name + suffix, label=prop.label + number) for prop in PROPERTIES
    )


def suffixed(values: Mapping[str, str], suffix: str) -> dict[str, str]:
    return {name + suffix: value for name, value in values.items()}


def datetime_value(moment: datetime | None) -> str:
    # Milliseconds since the epoch, as HubSpot takes datetimes; an empty text clears.
    return str(int(moment.timestamp() * 1000)) if moment else ""
