"""Read LINE User IDs from property values and files, and estimate how long an import takes."""

import math
import re
from datetime import timedelta
from typing import Literal

from plugin.core.linkage import looks_like_user_id
from plugin.core.text.csv_files import rows_of

Reading = Literal["empty", "id", "invalid_id", "several_ids"]
_USER_ID = re.compile(r"(?<![0-9A-Za-z])U[0-9a-f]{32}(?![0-9A-Za-z])")
_BETWEEN_CELLS = re.compile(r"[,;\t\n\r\x0b\x0c\x85]")
# Blanks of every script, quotes, Excel's `="..."`, byte order marks and zero-width characters.
_AROUND_A_CELL = " \t\r\n\xa0\u3000\ufeff\u200b\u2060\"'=“”"
MEMBERS_A_PAGE, CONTACTS_A_READ = 250, 100
# 110 calls in 10 seconds, less the share of live work.
CALLS_A_SECOND = 10.0


def read_value(text: str | None) -> tuple[Reading, str]:
    """Return the kind of value, and the LINE User ID where the value is exactly one."""
    # Only blanks are forgiven: a repaired id would be a guess.
    value = (text or "").strip()
    if not value:
        return "empty", ""
    if looks_like_user_id(value):
        return "id", value
    several = len(set(_USER_ID.findall(value))) > 1
    return ("several_ids" if several else "invalid_id"), ""


def user_ids_in(file: bytes) -> tuple[list[str], int]:
    """Return the distinct LINE User IDs in order, and the number of rows without one."""
    user_ids: dict[str, None] = {}
    without = 0
    rows = [cells for row in rows_of(file) if any(cells := _cells(row))]
    for number, cells in enumerate(rows):
        ids = [cell for cell in cells if looks_like_user_id(cell)]
        user_ids.update(dict.fromkeys(ids))
        # Any column may hold ids; a first row without one is a heading.
        if number and not ids:
            without += 1
    return list(user_ids), without


def _cells(row: list[str]) -> list[str]:
    return [part.strip(_AROUND_A_CELL) for cell in row for part in _BETWEEN_CELLS.split(cell)]


def least_calls(contacts: int) -> int:
    """Return the fewest HubSpot calls for a list: 250 members a page, 100 contacts a read."""
    return math.ceil(contacts / MEMBERS_A_PAGE) + math.ceil(contacts / CONTACTS_A_READ)


def seconds_left(done: int, total: int, elapsed: float) -> float:
    left = max(total - done, 0)
    by_limit = least_calls(left) / CALLS_A_SECOND
    # Too early to know the speed: the rate limit alone decides.
    if done < 2000 or elapsed < 10:
        return by_limit
    return max(left * elapsed / done, by_limit)


# HubSpot's search index lags behind writes; a contact that is read twice changes nothing.
INDEX_LAG = timedelta(minutes=10)
