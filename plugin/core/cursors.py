"""Detect a platform's list of pages that never ends: its cursor comes a second time."""

import hashlib


class RepeatedCursor(Exception):
    """The platform returned the same cursor a second time."""


def follow(trail: str, cursor: str) -> str:
    """Return the trail with this cursor on it; "" starts a trail. Raise `RepeatedCursor`."""
    # A trail holds one cursor and how many followed it, so it stays short however long the list. A
    # repetition is noticed after at most three times its length (Brent's cycle detection).
    mark = hashlib.sha256(cursor.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    saved, steps, limit = trail.split(":") if trail else ("", "0", "0")
    if mark == saved:
        raise RepeatedCursor
    if int(steps) >= int(limit):
        return f"{mark}:0:{2 * int(limit) or 1}"
    return f"{saved}:{int(steps) + 1}:{limit}"
