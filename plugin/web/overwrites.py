"""Forms whose row was changed meanwhile: what they were loaded with, and what differs now."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from flask import request
from flask_babel import format_datetime
from flask_babel import gettext as _

from plugin.core.overwrites import Seen, fingerprint, fingerprints

# The hidden field of every form that edits a row.
FIELD = "seen"
LONGEST = 4000


class Difference(NamedTuple):
    """A value that changed after the form was loaded; `now`: the new value as text."""

    label: str
    now: str


def stamp(values: Mapping[str, object]) -> str:
    """Return the hidden field's fingerprints of the values in the form."""
    return json.dumps(fingerprints(values), separators=(",", ":"))


def submitted_fingerprints() -> Seen | None:
    """Return the fingerprints that the submitted form was loaded with, or None without them."""
    try:
        marks = json.loads(request.form.get(FIELD, "")[:LONGEST])
    except (ValueError, RecursionError):
        return None
    if not isinstance(marks, dict):
        return None
    return {str(name): str(mark) for name, mark in marks.items()}


def untouched(name: str, typed: object, seen: Seen | None) -> bool:
    """Return whether a submitted value is the one that the form was loaded with."""
    return (seen or {}).get(name) == fingerprint(typed)


def display_value(value: object) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    elif hasattr(value, "astimezone"):
        value = format_datetime(value, "short")
    return str(value or _("(empty)"))
